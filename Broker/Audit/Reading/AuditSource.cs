namespace SecretsBroker.Audit.Reading;

/// <summary>A folder with audit logs: those of one broker, or of all that write into it.</summary>
/// <param name="Folder">Where.</param>
/// <param name="Own">The broker that reads; empty when none does.</param>
/// <param name="Durable">How much of that broker's current file may be told; null for all of each file.</param>
internal sealed record AuditSource(string Folder, string Own = "", Func<DurablePart>? Durable = null)
{
    /// <summary>Each broker's log, in the order of their names. The files that are written to are held open.</summary>
    public async Task<AuditLogs> OpenAsync(CancellationToken cancellationToken)
    {
        var logs = new List<BrokerLog>();
        try
        {
            foreach (var broker in Directory.Exists(Folder) ? AuditFiles.ListBrokers(Folder) : [])
            {
                logs.Add(await BrokerLog.OpenAsync(Folder, broker, broker == Own ? Durable : null, cancellationToken));
            }

            return new AuditLogs(logs);
        }
        catch
        {
            logs.ForEach(log => log.Dispose());
            throw;
        }
    }
}

/// <summary>Logs that were opened together.</summary>
internal sealed record AuditLogs(IReadOnlyList<BrokerLog> All) : IDisposable
{
    public void Dispose()
    {
        foreach (var log in All)
        {
            log.Dispose();
        }
    }
}
