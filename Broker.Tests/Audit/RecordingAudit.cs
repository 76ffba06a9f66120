using SecretsBroker.Audit;

namespace SecretsBroker.Tests.Audit;

/// <summary>Keeps records in memory; can be made to fail.</summary>
internal sealed class RecordingAudit : IAuditSink
{
    private readonly Lock _lock = new();
    private readonly List<AuditRecord> _records = [];

    /// <summary>As they are now; others may come meanwhile.</summary>
    public IReadOnlyList<AuditRecord> Records
    {
        get
        {
            lock (_lock)
            {
                return [.. _records];
            }
        }
    }

    public bool Fails { get; set; }

    public ValueTask AppendAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        if (Fails)
        {
            throw new AuditException("the disk is full");
        }

        lock (_lock)
        {
            _records.Add(record);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> ContainsAsync(string recordId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Records.Any(record => record.Id == recordId));
}
