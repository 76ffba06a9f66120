using System.Collections.Concurrent;

namespace SecretsBroker.Identity.Tokens;

/// <summary>
/// Validated tokens by their hash. Two generations: when the young one is full it becomes the old one, and the old one is
/// dropped; what is used moves to the young one. So it is bounded, forgets what is long unused first, and needs no lock on
/// the way of a hit.
/// </summary>
internal sealed class TokenCache(int capacity)
{
    private readonly Lock _gate = new();
    private readonly int _generation = (capacity + 1) / 2;
    private volatile ConcurrentDictionary<TokenHash, RememberedToken> _young = new();
    private volatile ConcurrentDictionary<TokenHash, RememberedToken> _old = new();
    private int _youngCount;

    public int Count => _young.Count + _old.Count;

    public RememberedToken? Find(TokenHash hash, DateTimeOffset now)
    {
        if (!_young.TryGetValue(hash, out var token))
        {
            if (!_old.TryGetValue(hash, out token))
                return null;
            if (now < token.EndTime)
                Add(hash, token);
        }

        if (now < token.EndTime)
            return token;
        Remove(hash);
        return null;
    }

    public void Add(TokenHash hash, RememberedToken token)
    {
        if (capacity == 0)
            return;
        lock (_gate)
        {
            if (_youngCount >= _generation)
            {
                _old = _young;
                _young = new ConcurrentDictionary<TokenHash, RememberedToken>();
                _youngCount = 0;
            }

            if (_young.TryAdd(hash, token))
                _youngCount++;
        }
    }

    public void Remove(TokenHash hash)
    {
        lock (_gate)
        {
            if (_young.TryRemove(hash, out _))
                _youngCount--;
            _old.TryRemove(hash, out _);
        }
    }
}
