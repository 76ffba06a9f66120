using SecretsBroker.Leases;

namespace SecretsBroker.Engines.OAuth;

/// <summary>
/// What this broker knows of the tokens of leases whose handle may not be in the store: of calls that failed, were given up or could not be
/// noted. Forgotten when the tokens have ended, and with the process.
/// </summary>
/// <param name="keep">How long a request of which nothing is heard can matter.</param>
/// <param name="time">Measures it.</param>
internal sealed class TokenMemory(TimeSpan keep, TimeProvider time)
{
    private static readonly TimeSpan PruneInterval = TimeSpan.FromMinutes(1);

    /// <summary>A revocation that goes on when the token ends still finds it.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<LeaseId, Entry> _entries = [];
    private long _pruned = time.GetTimestamp();

    /// <summary>A token may be made from here on.</summary>
    public void Asked(LeaseId lease) => Change(lease, entry => entry.Open++);

    /// <summary>None was made.</summary>
    public void NotGiven(LeaseId lease) => Change(lease, entry => entry.Open--);

    public void Given(LeaseId lease, TokenHandle token) => Change(lease, entry =>
    {
        entry.Open--;
        entry.Tokens[token] = false;
        entry.Until = token.EndTime + Margin > entry.Until ? token.EndTime + Margin : entry.Until;
    });

    /// <returns>The token as what it is known by from here on.</returns>
    public TokenHandle SeenActive(LeaseId lease, TokenHandle token)
    {
        var seen = token with { WasActive = true };
        Change(lease, entry =>
        {
            entry.Tokens.Remove(token, out var isRevoked);
            entry.Tokens[seen] = isRevoked;
        });
        return seen;
    }

    /// <summary>The server has said that it is.</summary>
    public void Revoked(LeaseId lease, TokenHandle token) => Change(lease, entry => entry.Tokens[token] = true);

    public bool IsRevoked(LeaseId lease, TokenHandle token)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(lease, out var entry) && entry.Tokens.GetValueOrDefault(token);
        }
    }

    /// <summary>The tokens that were given here under a lease, and whether there can be no other.</summary>
    public (IReadOnlyList<TokenHandle> Tokens, bool AreAll) Of(LeaseId lease)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(lease, out var entry) ? ([.. entry.Tokens.Keys], entry.Open == 0) : ([], false);
        }
    }

    private void Change(LeaseId lease, Action<Entry> change)
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_pruned) >= PruneInterval)
            {
                _pruned = time.GetTimestamp();
                var now = time.GetUtcNow();
                foreach (var (old, _) in _entries.Where(one => one.Value.Until <= now).ToArray())
                {
                    _entries.Remove(old);
                }
            }

            if (!_entries.TryGetValue(lease, out var entry))
            {
                _entries[lease] = entry = new Entry { Until = time.GetUtcNow() + keep + Margin };
            }

            change(entry);
        }
    }

    private sealed class Entry
    {
        /// <summary>Requests of which nothing was heard yet, or never will be.</summary>
        public int Open { get; set; }

        public required DateTimeOffset Until { get; set; }

        public Dictionary<TokenHandle, bool> Tokens { get; } = [];
    }
}
