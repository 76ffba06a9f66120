using System.CommandLine;
using System.Security.Cryptography;
using SecretsBroker.Audit;
using SecretsBroker.Policy.Replaying;
using SecretsBroker.Policy.Trials;

namespace SecretsBroker.CommandLine.Policies;

/// <summary><c>broker policy replay</c>: what other policies would have decided about what was asked.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var audit = AuditLogs.Option("The audit log: the current file of one broker, or the folder of several.", required: true);
        var candidate = new Option<DirectoryInfo>("--candidate")
        {
            Description = "The folder of the policies to decide by.",
            Required = true,
            HelpName = "FOLDER",
        };
        var files = new PolicyFilesOptions();
        var goOn = new Option<bool>("--unverified") { Description = "Go on with a log whose chain does not hold." };
        var command = new Command(
            "replay",
            """
            Decide the recorded decisions of an audit log again, with a candidate folder, and show what would come out otherwise: by workload, action
            and resource, with counts and examples. Changes nothing. Exit code 0 when nothing would change, 1 when something would, 2 when it could
            not be found out.

            Example: broker policy replay --audit /var/lib/broker/audit --candidate next/policies --config broker.yaml
            """)
        {
            audit,
            candidate,
        };
        files.AddCatalogTo(command);
        command.Add(goOn);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var log = parsed.GetRequiredValue(audit);
            return await files.LoadOthersAsync(parsed, parsed.GetRequiredValue(candidate), cancellationToken) is { } loaded
                && (await VerifyAsync(log, cancellationToken) || parsed.GetValue(goOn))
                    ? await RunAsync(log, new PolicyReplay(new PolicyTrial(loaded.Policies, loaded.Catalog)), cancellationToken)
                    : BrokerCommand.Failed;
        });
        return command;
    }

    private static async Task<bool> VerifyAsync(FileSystemInfo log, CancellationToken cancellationToken)
    {
        var holds = true;
        try
        {
            foreach (var file in AuditLogs.FilesOf(log))
            {
                var found = await AuditVerifier.VerifyAsync(file, options: null, cancellationToken);
                if (found.Break is { } broken)
                {
                    Output.Faults(
                        $"{file}: the chain is broken: what was decided may not be what stands there",
                        [$"{broken.File}({broken.Line}): {broken.Text}"]);
                    holds = false;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            Output.Faults($"{log}: cannot be checked:", [e.Message]);
            return false;
        }

        return holds;
    }

    private static async Task<int> RunAsync(FileSystemInfo log, PolicyReplay replay, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var entry in AuditLogs.ReadAsync(log, cancellationToken))
            {
                replay.Add(entry.Record);
            }
        }
        catch (Exception e) when (e is AuditException or IOException or UnauthorizedAccessException)
        {
            Output.Faults($"{log}: cannot be read to its end:", [e.Message]);
            return BrokerCommand.Failed;
        }

        Print(replay);
        return replay.Changed > 0 ? BrokerCommand.Faulty : BrokerCommand.Success;
    }

    private static void Print(PolicyReplay replay)
    {
        Output.Line($"{replay.Decisions} decisions: {replay.Unchanged} would be the same, {replay.Changed} would change");
        PrintLeftOut(replay.NotByPolicy, "made by no policy: the catalogue ruled them out, or policy could not be asked");
        PrintLeftOut(replay.ByServer, "made by a policy server, alone or with Cedar");
        PrintLeftOut(replay.Incomplete, "recorded without what deciding again needs, by an older broker");
        foreach (var (change, count) in replay.Changes)
        {
            Output.Line("");
            Output.Line($"{count.Count} × {change.Workload} to {change.Action} {change.Resource}");
            Output.Line($"  was       {change.Before}");
            Output.Line($"  would be  {change.After}");
            Output.Line($"  such as   {string.Join(", ", count.Examples)}");
        }

        if (replay.Ungrouped > 0)
        {
            Output.Line("");
            Output.Line($"{replay.Ungrouped} more changes, of further kinds");
        }
    }

    private static void PrintLeftOut(long count, string why)
    {
        if (count > 0)
        {
            Output.Line($"  {count} were left out: {why}");
        }
    }
}
