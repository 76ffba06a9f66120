using SecretsBroker.Catalog;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Simulation;

/// <summary>A system with credentials in it, named by lease.</summary>
internal sealed class SimulatedTarget(World world, Target target)
{
    private readonly Dictionary<LeaseId, DateTimeOffset> _credentials = [];
    private readonly Dictionary<LeaseId, int> _underWay = [];
    private ScheduledEvent? _change;

    public string Name => target.Name;

    public TimeSpan Timeout => target.Timeout;

    public TargetHealth Health { get; private set; }

    /// <summary>Fails for a while.</summary>
    public void Fail(TargetHealth how, TimeSpan span)
    {
        Health = how;
        _change?.Cancel();
        _change = world.Scheduler.After(span, () => Health = TargetHealth.Up);
    }

    /// <summary>Is like this until it is said otherwise.</summary>
    public void Stay(TargetHealth health)
    {
        _change?.Cancel();
        Health = health;
    }

    public int Count => _credentials.Count;

    public IReadOnlyCollection<LeaseId> Credentials => _credentials.Keys;

    public bool Has(LeaseId lease) => _credentials.ContainsKey(lease);

    /// <summary>Until when the target would accept it; null when it does not have it.</summary>
    public DateTimeOffset? EndOf(LeaseId lease) => _credentials.TryGetValue(lease, out var end) ? end : null;

    /// <summary>Whether an issue call has left that may still take effect.</summary>
    public bool IsUnderWay(LeaseId lease) => _underWay.GetValueOrDefault(lease) > 0;

    public void Sent(LeaseId lease) => _underWay[lease] = _underWay.GetValueOrDefault(lease) + 1;

    public void Settled(LeaseId lease) => _underWay[lease]--;

    public void Create(LeaseId lease, DateTimeOffset end)
    {
        _credentials[lease] = end;
        world.Promises.Created(lease, this);
    }

    public bool Stretch(LeaseId lease, DateTimeOffset end)
    {
        if (!Has(lease))
        {
            return false;
        }

        // As the contract of engines says: of two renewals, the one with the later end holds, whichever comes first.
        _credentials[lease] = end > _credentials[lease] ? end : _credentials[lease];
        return true;
    }

    public void Remove(LeaseId lease)
    {
        _credentials.Remove(lease);
        world.Promises.Touch(lease);
    }
}

internal enum TargetHealth
{
    Up,

    /// <summary>Answers every call with a failure.</summary>
    Refusing,

    /// <summary>Answers nothing.</summary>
    Hanging,
}
