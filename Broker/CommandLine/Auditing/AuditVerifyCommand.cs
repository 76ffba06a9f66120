using System.CommandLine;
using System.Security.Cryptography;
using SecretsBroker.Audit;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary><c>broker audit verify</c>.</summary>
internal static class AuditVerifyCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo[]>("file")
        {
            Description = "The current file of each broker's log; what was set aside before it is found beside it.",
            Arity = ArgumentArity.OneOrMore,
        };
        var keys = new Option<FileInfo?>("--public-key")
        {
            Description = "PEM file with the keys to trust, from where the broker cannot write; those beside the log by default.",
            HelpName = "FILE",
        };
        var verify = new Command(
            "verify",
            """
            Check an audit log: that no record was changed, removed, added or moved, and that its end is not cut off.
            Reads only, also while the broker writes. Exit code 0 when the chain holds, 1 when it is broken.

            Example: broker audit verify /var/lib/broker/audit/broker-1.jsonl --public-key /etc/auditor/broker-1.pem
            """)
        {
            file,
            keys,
        };
        verify.SetAction((parsed, cancellationToken) => VerifyAsync(
            parsed.GetRequiredValue(file), parsed.GetValue(keys), cancellationToken));
        return verify;
    }

    private static async Task<int> VerifyAsync(FileInfo[] files, FileInfo? keys, CancellationToken cancellationToken)
    {
        var exitCode = BrokerCommand.Success;
        foreach (var file in files)
        {
            if (Directory.Exists(file.FullName))
            {
                Output.Faults($"{file}: cannot be checked:", ["it is a folder; name the current file of a broker's log in it, such as broker-1.jsonl"]);
                exitCode = BrokerCommand.Faulty;
                continue;
            }

            try
            {
                var found = await AuditVerifier.VerifyAsync(
                    file.FullName, new AuditVerifierOptions(keys?.FullName), cancellationToken);
                Print(file, found);
                exitCode = found.IsIntact ? exitCode : BrokerCommand.Faulty;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
            {
                Output.Faults($"{file}: cannot be checked:", [e.Message]);
                exitCode = BrokerCommand.Faulty;
            }
        }

        return exitCode;
    }

    private static void Print(FileInfo file, AuditVerification found)
    {
        if (found.Break is { } broken)
        {
            Output.Faults(
                $"{file}: the chain is broken ({broken.Kind})",
                [$"{broken.File}({broken.Line}): {broken.Text}", $"records {found.FirstSequence} to {found.LastSequence} hold"]);
        }
        else
        {
            Output.Good($"{file}: the chain holds");
        }

        Output.Line($"  records           {found.Records} ({found.FirstSequence} to {found.LastSequence}) in {found.Files.Count} file(s)");
        Output.Line($"  last checkpoint   {(found.LastCheckpoint is null ? "none" : $"{found.RecordsAfterCheckpoint} records behind it are not signed yet")}");
        Output.Line($"  signed by         {(found.KeyIds.Count == 0 ? "no known key" : string.Join(", ", found.KeyIds))}");
        Output.Line($"  head              {found.Head}");
        foreach (var (type, count) in found.CountByType.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            Output.Line($"  {type,-17} {count}");
        }

        foreach (var note in found.Notes)
        {
            Output.Line($"  note: {note}");
        }
    }
}
