using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines;

/// <summary>A deny list that several engines under test share, and that can be made to fail as an unreachable store does.</summary>
internal sealed class InMemoryDenyList(TimeProvider time) : IDenyList
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<LeaseId, DenyListEntry>> _targets = [];
    private readonly Dictionary<string, long> _versions = [];

    public bool IsDown { get; set; }

    /// <summary>How often a whole list was read.</summary>
    public int Reads { get; private set; }

    public ValueTask AddAsync(string target, LeaseId lease, DateTimeOffset until, CancellationToken cancellationToken)
    {
        Enter(cancellationToken);
        lock (_lock)
        {
            if (Of(target).TryAdd(lease, new DenyListEntry(lease, time.GetUtcNow(), until)))
            {
                _versions[target] = _versions.GetValueOrDefault(target) + 1;
            }

            return ValueTask.CompletedTask;
        }
    }

    public ValueTask<DenyListEntry?> FindAsync(string target, LeaseId lease, CancellationToken cancellationToken)
    {
        Enter(cancellationToken);
        lock (_lock)
        {
            return ValueTask.FromResult(Of(target).TryGetValue(lease, out var entry) && entry.Until > time.GetUtcNow()
                ? entry
                : (DenyListEntry?)null);
        }
    }

    public ValueTask<long> ReadVersionAsync(string target, CancellationToken cancellationToken)
    {
        Enter(cancellationToken);
        lock (_lock)
        {
            return ValueTask.FromResult(_versions.GetValueOrDefault(target));
        }
    }

    public ValueTask<DenyListSnapshot> ReadAsync(string target, CancellationToken cancellationToken)
    {
        Enter(cancellationToken);
        lock (_lock)
        {
            Reads++;
            return ValueTask.FromResult(new DenyListSnapshot(
                _versions.GetValueOrDefault(target),
                [.. Of(target).Values.Where(e => e.Until > time.GetUtcNow())]));
        }
    }

    private Dictionary<LeaseId, DenyListEntry> Of(string target) =>
        _targets.TryGetValue(target, out var entries) ? entries : _targets[target] = [];

    private void Enter(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (IsDown)
        {
            throw new StoreException("the store is down", isTransient: true);
        }
    }
}
