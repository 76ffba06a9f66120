using System.CommandLine;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.Configuration;

namespace SecretsBroker.CommandLine;

/// <summary><c>broker health</c>: asks a running broker, for container health checks.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var address = new Option<Uri>("--address")
        {
            Description = "The broker's gRPC address.",
            DefaultValueFactory = _ => new Uri("https://127.0.0.1:7443"),
            CustomParser = argument =>
            {
                if (Uri.TryCreate(argument.Tokens[0].Value, UriKind.Absolute, out var address))
                {
                    return address;
                }

                argument.AddError("--address: must be a URL such as https://127.0.0.1:7443");
                return null;
            },
            HelpName = "URL",
        };
        var authority = new Option<FileInfo?>("--ca-file", "--ca")
        {
            Description = "PEM file with the certificate authority of the broker's certificate; the system's by default.",
            HelpName = "FILE",
        };
        var config = new Option<FileInfo?>("--config", "-c")
        {
            Description = "The configuration file of the broker of this machine: its address, and its certificate whatever name that has.",
            HelpName = "FILE",
        };
        var command = new Command(
            "health",
            """
            Ask a running broker whether it serves. Exit code 0 if it does, 1 otherwise.

            Example: broker health --config /etc/broker/broker.yaml
            """)
        {
            address,
            authority,
            config,
        };
        command.SetAction((parsed, cancellationToken) => parsed.GetValue(config) is { } file
            ? RunAsync(file, cancellationToken)
            : RunAsync(parsed.GetRequiredValue(address), parsed.GetValue(authority), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(FileInfo file, CancellationToken cancellationToken)
    {
        ListenOptions listen;
        try
        {
            listen = ConfigurationFile.Read(file).GetSection(ListenOptions.Section).Get<ListenOptions>() ?? new ListenOptions();
        }
        catch (ConfigurationException e)
        {
            Output.Faults($"{file}:", e.Faults);
            return BrokerCommand.Faulty;
        }

        if (listen is { WorkloadApi: true, Insecure: false })
        {
            Output.Faults($"{file}:", ["the listener's certificate is the agent's to give: ask with --address and --ca-file, or GET /healthz at the publish port"]);
            return BrokerCommand.Faulty;
        }

        var address = new UriBuilder(listen.Insecure ? "http" : "https", LocalAddress(listen.Address), listen.Port).Uri;
        return await RunAsync(address, listen.Insecure ? null : TrustOnly(listen.CertificateFile), cancellationToken);
    }

    private static async Task<int> RunAsync(Uri address, FileInfo? authority, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(address, authority is null ? null : ServerTrust.In(authority), cancellationToken);
        }
        catch (RemoteException e)
        {
            Output.Faults($"The broker at {address} was not asked:", [e.Message]);
            return BrokerCommand.Faulty;
        }
    }

    private static async Task<int> RunAsync(Uri address, SslClientAuthenticationOptions? trust, CancellationToken cancellationToken)
    {
        try
        {
            using var handler = new SocketsHttpHandler();
            if (trust is not null)
            {
                handler.SslOptions = trust;
            }

            using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler });
            var answer = await new Health.HealthClient(channel).CheckAsync(
                new HealthCheckRequest(),
                deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Limit,
                cancellationToken: cancellationToken);
            Output.Line(answer.Status.ToString());
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? BrokerCommand.Success : BrokerCommand.Faulty;
        }
        catch (RpcException e)
        {
            Output.Faults($"The broker at {address} does not answer:", [Explain(e, address)]);
            return BrokerCommand.Faulty;
        }
    }

    private static string Explain(RpcException e, Uri address) => e.StatusCode is StatusCode.Internal && address.Scheme == Uri.UriSchemeHttps
        ? "it cannot be asked by TLS: does it have TLS, and is its certificate one that is trusted (--ca-file)?"
        : e.StatusCode.ToString();

    // A broker that listens on all addresses is asked on loopback.
    private static string LocalAddress(string address) => IPAddress.TryParse(address, out var ip) switch
    {
        true when ip!.Equals(IPAddress.Any) => $"{IPAddress.Loopback}",
        true when ip!.Equals(IPAddress.IPv6Any) => $"{IPAddress.IPv6Loopback}",
        _ => address,
    };

    // Its certificate names it as callers know it, not as this machine does: the certificate itself is what is looked for.
    private static SslClientAuthenticationOptions TrustOnly(string certificateFile) => new()
    {
        RemoteCertificateValidationCallback = (_, presented, _, _) =>
        {
            using var expected = X509Certificate2.CreateFromPem(File.ReadAllText(certificateFile));
            return presented is not null && presented.GetRawCertData().AsSpan().SequenceEqual(expected.RawDataMemory.Span);
        },
    };
}
