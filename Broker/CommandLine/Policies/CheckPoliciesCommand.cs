using System.CommandLine;

namespace SecretsBroker.CommandLine.Policies;

/// <summary><c>broker policy check</c>: every fault of policies, schema and catalogue.</summary>
internal static class CheckPoliciesCommand
{
    public static Command Create()
    {
        var files = new PolicyFilesOptions();
        var command = new Command(
            "check",
            """
            Report every fault of policies, schema and catalogue at once, each with its file, line and column. Exit code 1 if there is one.
            'broker check' does the same for the whole configuration.

            Example: broker policy check --folder policies --catalog catalog
            """);
        files.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(files, parsed, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(PolicyFilesOptions files, ParseResult parsed, CancellationToken cancellationToken)
    {
        if (await files.LoadAsync(parsed, cancellationToken) is not { } loaded)
        {
            return BrokerCommand.Faulty;
        }

        var (policies, catalog) = loaded;
        Output.Good("no faults");
        Output.Line($"  policies   {policies.Agents.Policies.Count} about agents, {policies.Operators.Policies.Count} about operators");
        Output.Line($"  catalogue  {catalog.Grants.Count} grants on {catalog.Targets.Count} targets");
        Output.Line($"  hash       {policies.Hash}");
        return BrokerCommand.Success;
    }
}
