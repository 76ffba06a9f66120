using System.Collections.Concurrent;
using SecretsBroker.Identity;

namespace SecretsBroker.Benchmarks.Identity;

/// <summary>Remembers in memory, so that a figure is that of the authentication and not of a store.</summary>
internal sealed class MemoryReplayStore : IReplayStore
{
    private readonly ConcurrentDictionary<ReplayKey, DateTimeOffset> _used = new();

    public ValueTask<bool> TryUseAsync(ReplayKey key, DateTimeOffset until, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_used.TryAdd(key, until));
}
