using SecretsBroker.Leases;

namespace SecretsBroker.Engines.AwsSts;

/// <summary>
/// What this broker knows of the sessions that it asked for, of which the store may know nothing: when they end, and whether AWS refused to
/// make them. Forgotten when they are over, and with the process.
/// </summary>
internal sealed class AskedSessions(TimeProvider time)
{
    private static readonly TimeSpan PruneInterval = TimeSpan.FromMinutes(1);

    /// <summary>A revocation that goes on when the session ends still finds it.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<LeaseId, Entry> _entries = [];
    private long _pruned = time.GetTimestamp();

    /// <summary>A session may be made from here on.</summary>
    public void Asked(LeaseId lease, DateTimeOffset end)
    {
        lock (_lock)
        {
            Prune();
            var entry = _entries.GetValueOrDefault(lease);
            _entries[lease] = new Entry(entry.Open + 1, entry.End > end ? entry.End : end);
        }
    }

    /// <summary>It was not.</summary>
    public void Refused(LeaseId lease)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(lease, out var entry))
            {
                _entries[lease] = entry with { Open = entry.Open - 1 };
            }
        }
    }

    /// <summary>Whether there is no session, because each request for one was refused.</summary>
    public bool IsRefused(LeaseId lease)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(lease, out var entry) && entry.Open == 0;
        }
    }

    /// <returns>Null when it is not known.</returns>
    public DateTimeOffset? EndOf(LeaseId lease)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(lease, out var entry) ? entry.End : null;
        }
    }

    private void Prune()
    {
        if (time.GetElapsedTime(_pruned) < PruneInterval)
        {
            return;
        }

        _pruned = time.GetTimestamp();
        var now = time.GetUtcNow();
        foreach (var (lease, _) in _entries.Where(one => one.Value.End + Margin <= now).ToArray())
        {
            _entries.Remove(lease);
        }
    }

    /// <param name="Open">Requests that were not refused: a session was made, or may have been.</param>
    /// <param name="End">The latest end of what was asked for.</param>
    private readonly record struct Entry(int Open, DateTimeOffset End);
}
