using SecretsBroker.Identity;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Identity;

/// <summary>Remembers what was used for one broker, and can be made to fail as an unreachable store does.</summary>
internal sealed class InMemoryReplayStore(TimeProvider time) : IReplayStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ReplayKey, DateTimeOffset> _used = [];

    public bool IsDown { get; set; }

    public int Count
    {
        get
        {
            lock (_lock)
                return _used.Count;
        }
    }

    public ValueTask<bool> TryUseAsync(ReplayKey key, DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (IsDown)
            throw new StoreException("the store is down", isTransient: true);
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (until <= now || (_used.TryGetValue(key, out var before) && before > now))
                return ValueTask.FromResult(false);
            _used[key] = until;
            return ValueTask.FromResult(true);
        }
    }
}
