using SecretsBroker.Audit;

namespace SecretsBroker.Tests.Audit;

/// <summary>Keeps records in memory; can be made to fail.</summary>
internal sealed class RecordingAudit : IAuditSink
{
    private readonly Lock _lock = new();

    public List<AuditRecord> Records { get; } = [];

    public bool Fails { get; set; }

    public ValueTask AppendAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        if (Fails)
        {
            throw new AuditException("the disk is full");
        }

        lock (_lock)
        {
            Records.Add(record);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> ContainsAsync(string recordId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Records.Exists(record => record.Id == recordId));
}
