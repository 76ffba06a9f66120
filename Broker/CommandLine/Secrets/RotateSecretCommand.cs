using System.CommandLine;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Secrets;

/// <summary><c>broker secret rotate</c>.</summary>
internal static class RotateSecretCommand
{
    public static Command Create()
    {
        var (target, name, remote) = (SecretCommand.Target(), SecretCommand.Name(), new RemoteOptions());
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
        };
        remote.AddTo(command);
        command.SetAction((parsed, cancellationToken) => remote.RunAsync(
            parsed,
            (broker, cancelled) => RunAsync(broker, parsed.GetRequiredValue(target), parsed.GetRequiredValue(name), cancelled),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(RemoteBroker broker, string target, string name, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new SecretService.SecretServiceClient(channel).RotateSecretAsync(
                new RotateSecretRequest { Target = target, Name = name }, options.WithDeadline(Deadline())),
            cancellationToken);
        Output.Good($"{name} at {target} is rotated to version {answer.Version}.");
        return BrokerCommand.Success;
    }

    // A target's longest timeout, and some for what comes before and after.
    private static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(6);
}
