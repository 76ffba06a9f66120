using System.Threading.Channels;
using SecretsBroker.Leases;

namespace SecretsBroker.Intents;

/// <summary>One open lifeline at this broker. Disposing it stops the beats; the task lives on for the grace period.</summary>
internal sealed class LifelineHold(Lifeline lifeline, TimeSpan grace, Action<LifelineHold> release) : IDisposable
{
    // More than a task can have leases; a reader that is further behind has gone.
    private const int Capacity = 1024;

    private readonly Channel<LifelineEvent> _events = Channel.CreateBounded<LifelineEvent>(Capacity);
    private readonly HashSet<LeaseId> _ended = [];
    private readonly Dictionary<LeaseId, DateTimeOffset> _noticed = [];
    private Dictionary<LeaseId, DateTimeOffset> _active = [];

    /// <summary>What each beat writes down.</summary>
    public Lifeline Lifeline { get; } = lifeline;

    /// <summary>How long the task outlives this at least.</summary>
    public TimeSpan Grace { get; } = grace;

    /// <summary>Whether the task is known to have ended: <see cref="LifelineEvent.TaskEnded"/> is the last event, and may be the first.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Ends after <see cref="LifelineEvent.TaskEnded"/>.</summary>
    public ChannelReader<LifelineEvent> Events => _events.Reader;

    /// <summary>The task's revision when its leases were last looked at; below any real one at first.</summary>
    public long Revision { get; set; } = -1;

    public void Dispose()
    {
        _events.Writer.TryComplete();
        release(this);
    }

    /// <param name="leases">The task's newest leases, those that are gone included.</param>
    public void Observe(IReadOnlyList<Lease> leases)
    {
        _active = leases
            .Where(lease => lease.State == LeaseState.Active)
            .ToDictionary(lease => lease.Id, lease => lease.ExpireTime);
        foreach (var lease in leases)
        {
            var ended = lease.State is LeaseState.Revoking or LeaseState.Revoked;
            if (ended && _ended.Add(lease.Id))
            {
                _events.Writer.TryWrite(new LifelineEvent.LeaseEnded(lease.Id, lease.Cause));
            }
        }
    }

    /// <summary>Tells once of each end that is nearer than <paramref name="notice"/>; again when a renewal has moved it.</summary>
    public void NoticeEnds(DateTimeOffset now, TimeSpan notice)
    {
        foreach (var (id, expireTime) in _active)
        {
            if (expireTime - now <= notice && _noticed.GetValueOrDefault(id) != expireTime)
            {
                _noticed[id] = expireTime;
                _events.Writer.TryWrite(new LifelineEvent.LeaseEnding(id, expireTime));
            }
        }
    }

    public void End(TaskOutcome outcome)
    {
        HasEnded = true;
        _events.Writer.TryWrite(new LifelineEvent.TaskEnded(outcome));
        _events.Writer.TryComplete();
    }
}
