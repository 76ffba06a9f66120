using System.CommandLine;
using Grpc.Core;

namespace SecretsBroker.CommandLine.Remote;

/// <summary>
/// How a verb reaches a running broker: <c>--address</c>, <c>--token-file</c>, <c>--cert-file</c> with <c>--key-file</c>, <c>--ca-file</c>.
/// A token is never an argument: those of a process can be read by everybody on its machine.
/// </summary>
/// <param name="withoutAddress">For the help: what is asked when no address is given. Default: the broker of this machine.</param>
internal sealed class RemoteOptions(string? withoutAddress = null)
{
    /// <summary>The environment's variable for the token, where no file is named.</summary>
    public const string TokenVariable = "BROKER_TOKEN";

    public static readonly Uri DefaultAddress = new("https://127.0.0.1:7443");

    private readonly Option<Uri?> _address = new("--address")
    {
        Description = $"The running broker's gRPC address; plain http only on loopback. {withoutAddress ?? $"{DefaultAddress} by default."}",
        CustomParser = argument =>
        {
            if (Uri.TryCreate(argument.Tokens[0].Value, UriKind.Absolute, out var address) && RemoteBroker.IsUsable(address))
            {
                return address;
            }

            argument.AddError("--address: must be a URL such as https://broker.example:7443; http only on loopback");
            return null;
        },
        HelpName = "URL",
    };

    private readonly Option<FileInfo?> _tokenFile = new("--token-file")
    {
        Description = $"File with the token that proves who asks; the variable {TokenVariable} by default, unless there is a certificate.",
        HelpName = "FILE",
    };

    private readonly Option<FileInfo?> _certificateFile = new("--cert-file")
    {
        Description = "PEM file with the X.509-SVID that proves who asks, or with the certificate that the token is bound to.",
        HelpName = "FILE",
    };

    private readonly Option<FileInfo?> _keyFile = new("--key-file")
    {
        Description = "PEM file with the certificate's private key; the certificate's file by default.",
        HelpName = "FILE",
    };

    private readonly Option<FileInfo?> _authority = new("--ca-file")
    {
        Description = "PEM file with the certificate authority of the broker's certificate; the system's by default.",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        command.Add(_address);
        command.Add(_tokenFile);
        command.Add(_certificateFile);
        command.Add(_keyFile);
        command.Add(_authority);
    }

    /// <summary>Whether an address was given: what tells a verb that works on files, too, to ask a broker.</summary>
    public bool AreGiven(ParseResult parsed) => parsed.GetResult(_address) is { Implicit: false };

    /// <summary>Asks the broker, and says on one line why that was not possible.</summary>
    /// <returns>What <paramref name="ask"/> returned; <see cref="BrokerCommand.Faulty"/> when the broker found faults in what was asked,
    /// <see cref="BrokerCommand.Failed"/> when it could not be asked, or refused.</returns>
    public async Task<int> RunAsync(
        ParseResult parsed, Func<RemoteBroker, CancellationToken, Task<int>> ask, CancellationToken cancellationToken)
    {
        var address = parsed.GetValue(_address) ?? DefaultAddress;
        try
        {
            var (tokenFile, certificateFile) = (parsed.GetValue(_tokenFile), parsed.GetValue(_certificateFile));
            // Whoever names a certificate means to be known by it, and not by what happens to stand in the environment.
            var token = certificateFile is not null && tokenFile is null ? null : RemoteToken.Read(tokenFile);
            var certificate = certificateFile is null ? null : RemoteCertificate.Read(certificateFile, parsed.GetValue(_keyFile) ?? certificateFile);
            using var broker = new RemoteBroker(address, token, parsed.GetValue(_authority), certificate);
            return await ask(broker, cancellationToken);
        }
        catch (RemoteException e)
        {
            Output.Faults($"The broker at {address} was not asked, or refused:", [e.Message]);
            return e.StatusCode == StatusCode.InvalidArgument ? BrokerCommand.Faulty : BrokerCommand.Failed;
        }
    }
}
