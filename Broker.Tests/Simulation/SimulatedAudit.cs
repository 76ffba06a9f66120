using SecretsBroker.Audit;

namespace SecretsBroker.Tests.Simulation;

/// <summary>The durable records of all processes.</summary>
internal sealed class SimulatedAuditLog(World world)
{
    private readonly Dictionary<string, (long Sequence, AuditRecord Record)> _first = [];
    private ScheduledEvent? _change;

    /// <summary>While it is dead, every append fails after the time that an append may take.</summary>
    public bool Dead { get; private set; }

    public void Fail(TimeSpan span)
    {
        Dead = true;
        _change?.Cancel();
        _change = world.Scheduler.After(span, () => Dead = false);
    }

    public void Stay(bool dead)
    {
        _change?.Cancel();
        Dead = dead;
    }

    public AuditRecord? Find(string id) => _first.TryGetValue(id, out var found) ? found.Record : null;

    public bool Contains(string id) => _first.ContainsKey(id);

    /// <param name="record">What becomes durable.</param>
    /// <param name="knownMissing">When its writer knew, or could assume, that it was not there.</param>
    public void Add(AuditRecord record, long knownMissing)
    {
        world.Promises.NoSecretIn(record.ToString(), "the audit log");
        if (world.Sabotage == Sabotage.ForgetfulAudit)
        {
            return;
        }

        if (!_first.TryAdd(record.Id, (world.Scheduler.Sequence, record)) && record.Type is AuditEventType.Revoked)
        {
            world.Tally.Saw(Sight.RecordRepeated);
            if (knownMissing > _first[record.Id].Sequence)
            {
                world.Promises.Broken($"{record.Id} was recorded again although it was in the log before");
            }
        }

        world.Promises.Recorded(record);
    }
}

/// <summary>One process's way to the audit log.</summary>
internal sealed class SimulatedAudit(World world, BrokerProcess process, Wire wire) : IAuditSink
{
    public static readonly TimeSpan AppendTimeout = TimeSpan.FromSeconds(5);

    // What this process looked for and did not find, when it is going to write it next.
    private readonly Dictionary<string, long> _missing = [];

    public async ValueTask AppendAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        var knownMissing = _missing.Remove(record.Id, out var asked) ? asked : world.Scheduler.Sequence;
        using var limit = new CancellationTokenSource(AppendTimeout, process.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (world.Audit.Dead)
            {
                world.Tally.Saw(Sight.DeadAuditLog);
                await Task.Delay(Timeout.InfiniteTimeSpan, process.Clock, either.Token);
            }

            await wire.CallAsync(
                PointOf(record.Type),
                () =>
                {
                    world.Audit.Add(record, knownMissing);
                    return record.Id;
                },
                Failure,
                either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure();
        }
    }

    public ValueTask<bool> ContainsAsync(string recordId, CancellationToken cancellationToken) => wire.CallAsync(
        CallPoint.AuditContains,
        () =>
        {
            var found = world.Audit.Contains(recordId);
            if (found)
            {
                world.Tally.Saw(Sight.RecordFoundBeforeRepeating);
            }
            else
            {
                _missing[recordId] = world.Scheduler.Sequence;
            }

            return found;
        },
        Failure,
        cancellationToken);

    private static AuditException Failure() => new("the audit log failed");

    private static CallPoint PointOf(AuditEventType type) => type switch
    {
        AuditEventType.Decided => CallPoint.AuditDecided,
        AuditEventType.Issued => CallPoint.AuditIssued,
        AuditEventType.Renewed => CallPoint.AuditRenewed,
        AuditEventType.Revoked => CallPoint.AuditRevoked,
        _ => CallPoint.AuditOther,
    };
}
