using System.CommandLine;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.CommandLine.Secrets;

/// <summary><c>broker secret rotate</c>.</summary>
internal static class RotateSecretCommand
{
    private const int MinWait = 1;
    private const int MaxWait = 3600;

    /// <summary>A target's longest timeout, and some for what comes before and after.</summary>
    private const int DefaultWait = 360;

    public static Command Create()
    {
        var (target, name, remote) = (SecretCommand.Target(), SecretCommand.Name(), new RemoteOptions());
        var wait = new Option<int>("--wait")
        {
            Description =
                $"How long to wait for it, {MinWait} to {MaxWait} s; the broker itself stops it after the target's timeout, and goes on when nobody waits any more.",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => DefaultWait,
        };
        var command = new Command(
            "rotate",
            """
            Have a target take another value for a secret now, by the command that its settings name, whoever holds the present one. When it fails, run it
            again: it goes on with the same value.

            Example: broker secret rotate crm crm-login --address https://broker.example:7443 --token-file token
            """)
        {
            target,
            name,
            wait,
        };
        remote.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            if (parsed.GetValue(wait) is not (>= MinWait and <= MaxWait and var seconds))
            {
                Output.Faults("Nothing was rotated:", [$"--wait: must lie between {MinWait} and {MaxWait}"]);
                return Task.FromResult(BrokerCommand.Faulty);
            }

            var request = new RotateSecretRequest { Target = parsed.GetRequiredValue(target), Name = parsed.GetRequiredValue(name) };
            return remote.RunAsync(
                parsed, (broker, cancelled) => RunAsync(broker, request, TimeSpan.FromSeconds(seconds), cancelled), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        RemoteBroker broker, RotateSecretRequest request, TimeSpan limit, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new SecretService.SecretServiceClient(channel).RotateSecretAsync(request, options), limit, cancellationToken);
        Output.Good($"{request.Name} at {request.Target} is rotated to version {answer.Version}.");
        return BrokerCommand.Success;
    }
}
