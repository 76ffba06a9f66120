using System.CommandLine;
using SecretsBroker.Audit;

namespace SecretsBroker.CommandLine.Policies;

/// <summary>Audit logs as verbs about policies are given them: one broker's file, or a folder with those of several.</summary>
internal static class AuditLogs
{
    public static Option<FileSystemInfo> Option(string description, bool required) => new("--audit")
    {
        Description = description,
        Required = required,
        HelpName = "FILE|FOLDER",
    };

    /// <summary>The current file of each broker.</summary>
    public static IEnumerable<string> FilesOf(FileSystemInfo log) => Directory.Exists(log.FullName)
        ? AuditFiles.ListBrokers(log.FullName).Select(broker => AuditFiles.Current(log.FullName, broker))
        : [log.FullName];

    public static async IAsyncEnumerable<AuditEntry> ReadAsync(
        FileSystemInfo log, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var file in FilesOf(log))
        {
            await foreach (var entry in AuditReader.ReadAsync(file, cancellationToken))
            {
                yield return entry;
            }
        }
    }

    /// <returns>The record of a decision about an agent; null when there is none.</returns>
    public static async Task<AuditRecord?> FindDecisionAsync(FileSystemInfo log, string id, CancellationToken cancellationToken)
    {
        await foreach (var entry in ReadAsync(log, cancellationToken))
        {
            if (entry.Record.Type == AuditEventType.Decided && entry.Record.DecisionId == id)
            {
                return entry.Record;
            }
        }

        return null;
    }
}
