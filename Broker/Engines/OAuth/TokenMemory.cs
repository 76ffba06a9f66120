using SecretsBroker.Leases;

namespace SecretsBroker.Engines.OAuth;

/// <summary>
/// What this broker knows of the tokens of leases whose handle may not be in the store: of calls that failed, were given up or could not be
/// noted. Forgotten when the tokens have ended, the oldest when there are too many, and with the process. Of leases that are proven over only
/// the proof is kept, and for a while.
/// </summary>
/// <param name="keep">How long a request of which nothing is heard can matter.</param>
/// <param name="time">Measures it.</param>
internal sealed class TokenMemory(TimeSpan keep, TimeProvider time)
{
    private static readonly TimeSpan PruneInterval = TimeSpan.FromMinutes(1);

    /// <summary>A revocation that goes on when the token ends still finds it.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(10);

    /// <summary>What is forgotten beyond it is not known any more, and so counts as debt until its time is over, unless the store has it.</summary>
    public const int MaxLeases = 50_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<LeaseId, Entry> _entries = [];
    private Queue<LeaseId> _order = [];
    private long _pruned = time.GetTimestamp();

    /// <summary>How many leases are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>A token may be made from here on.</summary>
    public void Asked(LeaseId lease) => Change(lease, isFirst: true, entry => (entry.Open, entry.Proof) = (entry.Open + 1, null));

    /// <summary>None was made.</summary>
    public void NotGiven(LeaseId lease) => Change(lease, isFirst: false, entry => entry.Open--);

    public void Given(LeaseId lease, TokenHandle token) => Change(lease, isFirst: false, entry =>
    {
        (entry.Open, entry.Proof) = (entry.Open - 1, null);
        entry.Tokens[token] = false;
        entry.Until = token.EndTime + Margin > entry.Until ? token.EndTime + Margin : entry.Until;
    });

    /// <returns>The token as what it is known by from here on.</returns>
    public TokenHandle SeenActive(LeaseId lease, TokenHandle token)
    {
        var seen = token with { WasActive = true };
        Change(lease, isFirst: false, entry =>
        {
            entry.Tokens.Remove(token, out var isRevoked);
            entry.Tokens[seen] = isRevoked;
        });
        return seen;
    }

    /// <summary>The server has said that it is.</summary>
    public void Revoked(LeaseId lease, TokenHandle token) => Change(lease, isFirst: false, entry => entry.Tokens[token] = true);

    /// <summary>All tokens of the lease are over. Who looks again is told the same.</summary>
    public void Proven(LeaseId lease, string proof)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(lease, out var entry) && entry.IsAllHeard)
            {
                entry.Tokens.Clear();
                (entry.Proof, entry.Until) = (proof, time.GetUtcNow() + Margin);
            }
        }
    }

    /// <returns>Null when it is not proven.</returns>
    public string? ProofOf(LeaseId lease)
    {
        lock (_lock)
        {
            return _entries.GetValueOrDefault(lease)?.Proof;
        }
    }

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
            return _entries.TryGetValue(lease, out var entry) ? ([.. entry.Tokens.Keys], entry.IsAllHeard) : ([], false);
        }
    }

    private void Change(LeaseId lease, bool isFirst, Action<Entry> change)
    {
        lock (_lock)
        {
            Prune();
            if (!_entries.TryGetValue(lease, out var entry))
            {
                MakeRoom();
                _entries[lease] = entry = new Entry { IsPartial = !isFirst, Until = time.GetUtcNow() + keep + Margin };
                _order.Enqueue(lease);
            }

            change(entry);
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
        foreach (var (old, _) in _entries.Where(one => one.Value.Until <= now).ToArray())
        {
            _entries.Remove(old);
        }

        _order = new Queue<LeaseId>(_order.Where(_entries.ContainsKey));
    }

    private void MakeRoom()
    {
        while (_entries.Count >= MaxLeases && _order.TryDequeue(out var oldest))
        {
            _entries.Remove(oldest);
        }
    }

    private sealed class Entry
    {
        /// <summary>Requests of which nothing was heard yet, or never will be.</summary>
        public int Open { get; set; }

        /// <summary>Made anew in the midst of a lease: what was before is forgotten.</summary>
        public required bool IsPartial { get; init; }

        public bool IsAllHeard => Open == 0 && !IsPartial;

        public required DateTimeOffset Until { get; set; }

        public string? Proof { get; set; }

        public Dictionary<TokenHandle, bool> Tokens { get; } = [];
    }
}
