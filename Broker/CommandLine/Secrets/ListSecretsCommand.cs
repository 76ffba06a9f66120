using System.CommandLine;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Secrets;

/// <summary><c>broker secret list</c>.</summary>
internal static class ListSecretsCommand
{
    public static Command Create()
    {
        var target = SecretCommand.Target();
        return new Command(
            "list",
            """
            Show the secrets that a target keeps, and their versions: which is handed out, since when, and by which key each is encrypted.

            Example: broker secret list crm --address https://broker.example:7443 --token-file token
            """)
        {
            target,
        }.Asking((broker, parsed, cancelled) => RunAsync(broker, parsed.GetRequiredValue(target), cancelled));
    }

    private static async Task<int> RunAsync(RemoteBroker broker, string target, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new SecretService.SecretServiceClient(channel).ListSecretsAsync(new ListSecretsRequest { Target = target }, options),
            cancellationToken);
        foreach (var secret in answer.Secrets)
        {
            Output.Line($"{secret.Name}{(secret.HolderCount > 0 ? $"  held by {secret.HolderCount}" : "")}");
            foreach (var version in secret.Versions)
            {
                Output.Line($"  {version.Version}  {Of(version.State)}  {version.CreateTime.ToDateTimeOffset():yyyy-MM-dd HH:mm:ss}Z{Key(version)}");
            }
        }

        if (answer.Secrets.Count == 0)
        {
            Output.Line($"{target} keeps nothing: broker secret put");
        }

        return BrokerCommand.Success;
    }

    private static string Key(StaticSecretVersion version) => version.KeyId.Length > 0 ? $"  key {version.KeyId}" : "";

    private static string Of(StaticSecretState state) => state switch
    {
        StaticSecretState.Current => "current",
        StaticSecretState.Previous => "previous",
        StaticSecretState.Pending => "being rotated in",
        _ => "destroyed",
    };
}
