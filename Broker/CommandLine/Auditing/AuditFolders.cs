using System.CommandLine;
using SecretsBroker.Audit.Reading;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary>Folders that are read in place of asking a broker.</summary>
internal static class AuditFolders
{
    public static Option<DirectoryInfo[]> Option() => new("--folder")
    {
        Description = "Read this audit folder in place of asking a broker; once for each, where brokers have folders of their own.",
        HelpName = "FOLDER",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>Opens them all, shows what <paramref name="read"/> makes of them, and says on one line why that was not possible.</summary>
    public static async Task<int> ReadAsync(
        DirectoryInfo[] folders, Func<IReadOnlyList<AuditLogs>, int> read, CancellationToken cancellationToken)
    {
        var opened = new List<AuditLogs>();
        try
        {
            foreach (var folder in folders)
            {
                var logs = await new AuditSource(folder.FullName).OpenAsync(cancellationToken);
                opened.Add(logs);
                if (logs.All.Count == 0)
                {
                    Output.Faults($"{folder}:", ["is no folder with audit logs"]);
                    return BrokerCommand.Faulty;
                }
            }

            return read(opened);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Output.Faults("The audit logs cannot be read:", [e.Message]);
            return BrokerCommand.Failed;
        }
        finally
        {
            opened.ForEach(logs => logs.Dispose());
        }
    }
}
