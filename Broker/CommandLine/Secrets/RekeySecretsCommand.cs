using System.CommandLine;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Secrets;

/// <summary><c>broker secret rekey</c>.</summary>
internal static class RekeySecretsCommand
{
    public static Command Create()
    {
        var target = SecretCommand.Target();
        return new Command(
            "rekey",
            """
            Encrypt every value that a target keeps with its present key. Before: every broker has the new key under encryption_key and the old one under
            old_encryption_keys. Afterwards the old one can go.

            Example: broker secret rekey crm --address https://broker.example:7443 --token-file token
            """)
        {
            target,
        }.Asking((broker, parsed, cancelled) => RunAsync(broker, parsed.GetRequiredValue(target), cancelled));
    }

    private static async Task<int> RunAsync(RemoteBroker broker, string target, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new SecretService.SecretServiceClient(channel).RekeySecretsAsync(new RekeySecretsRequest { Target = target }, options),
            cancellationToken);
        Output.Good($"{answer.Count} values were encrypted anew; all of {target} are under key {answer.KeyId}.");
        return BrokerCommand.Success;
    }
}
