using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Reconciliation;

/// <summary>What part of an audit log says of one lease.</summary>
internal sealed class LoggedLease
{
    /// <summary>The longest time of a grant: a renewal that the part does not tell of ends no later than so long after what it tells of.</summary>
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(1);

    private AuditRecord? _issued;

    /// <summary>The latest end that it was issued or renewed with; null when the part says nothing of it.</summary>
    public DateTimeOffset? ExpireTime { get; private set; }

    /// <summary>Why it ended; null when the part does not say that it was proven gone.</summary>
    public EndCause? Revoked { get; private set; }

    public void Add(AuditRecord record)
    {
        switch (record.Type)
        {
            case AuditEventType.Issued:
                _issued = record;
                Stretch(record.ExpireTime);
                break;
            case AuditEventType.Renewed:
                Stretch(record.ExpireTime);
                break;
            case AuditEventType.Revoked:
                Revoked = Enum.TryParse<EndCause>(record.Cause, out var cause) ? cause : EndCause.Operator;
                break;
        }
    }

    /// <summary>The lease as far as revoking needs it; null when the part does not say that it was issued.</summary>
    public Lease? ToLease(LeaseId id) => _issued is null
        ? null
        : new Lease
        {
            Id = id,
            Task = new TaskKey(new WorkloadId(_issued.Workload), new TaskId(_issued.Task)),
            Grant = _issued.Grant,
            Engine = _issued.Engine,
            Target = _issued.Target,
            Action = _issued.Action,
            Resource = _issued.Resource,
            DecisionId = _issued.DecisionId,
            ExpireTime = ExpireTime ?? default,
            MaxExpireTime = (ExpireTime ?? default) + LongestLife,
        };

    private void Stretch(DateTimeOffset? end) => ExpireTime = end > (ExpireTime ?? DateTimeOffset.MinValue) ? end : ExpireTime;
}
