using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace SecretsBroker.Engines.Encryption;

/// <summary>
/// The keys of one target: one to seal with, and older ones that still open what was sealed with them. Each is read once, when it is first needed,
/// and kept in memory; all are read again when something was sealed with a key that none of them is.
/// </summary>
/// <param name="target">Whose, for the messages.</param>
/// <param name="current">Seals.</param>
/// <param name="older">Open.</param>
/// <param name="time">Measures limits.</param>
/// <param name="logger">Told of what key commands leave behind.</param>
internal sealed class KeyRing(string target, KeyReference current, IReadOnlyList<KeyReference> older, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>Nobody who asks for what cannot be opened makes a key command run oftener.</summary>
    private static readonly TimeSpan SearchAgainAfter = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _loading = new(1);
    private readonly ConcurrentDictionary<string, EncryptionKey> _keys = new();
    private readonly ConcurrentDictionary<string, long> _missed = new();
    private volatile EncryptionKey? _current;

    /// <param name="plain">What is sealed.</param>
    /// <param name="context">Has to be the same when it is opened. Contexts that mean different things must be different texts.</param>
    /// <param name="cancellationToken">Stops reading the key.</param>
    /// <exception cref="EngineException">The key cannot be read.</exception>
    public async ValueTask<SealedValue> SealAsync(ReadOnlyMemory<byte> plain, string context, CancellationToken cancellationToken)
    {
        var key = await LoadCurrentAsync(cancellationToken);
        return key.Seal(plain.Span, context);
    }

    /// <exception cref="EngineException">No key opens it, or it is not what was sealed for this context.</exception>
    public async ValueTask<Secret> OpenAsync(SealedValue value, string context, CancellationToken cancellationToken)
    {
        var key = _keys.GetValueOrDefault(value.KeyId) ?? await SearchAsync(value.KeyId, cancellationToken);
        try
        {
            return key.Open(value, context);
        }
        catch (CryptographicException)
        {
            throw new EngineException($"target {target}: what is stored as {context} was changed, or belongs elsewhere", isTransient: false);
        }
    }

    /// <summary>The id of the key that seals.</summary>
    /// <exception cref="EngineException">It cannot be read.</exception>
    public async ValueTask<string> ReadCurrentIdAsync(CancellationToken cancellationToken) => (await LoadCurrentAsync(cancellationToken)).Id;

    /// <summary>The same, read again from where it comes from: it may have been exchanged there.</summary>
    /// <exception cref="EngineException">It cannot be read.</exception>
    public async Task<string> ReadCurrentIdAgainAsync(CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            _current = await LoadAsync(current, cancellationToken);
            return _current.Id;
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }

        _loading.Dispose();
    }

    private async ValueTask<EncryptionKey> LoadCurrentAsync(CancellationToken cancellationToken)
    {
        if (_current is { } known)
        {
            return known;
        }

        await _loading.WaitAsync(cancellationToken);
        try
        {
            return _current ??= await LoadAsync(current, cancellationToken);
        }
        finally
        {
            _loading.Release();
        }
    }

    private async Task<EncryptionKey> SearchAsync(string id, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (_keys.TryGetValue(id, out var known))
            {
                return known;
            }

            if (!_missed.TryGetValue(id, out var missed) || time.GetElapsedTime(missed) >= SearchAgainAfter)
            {
                return await SearchAllAsync(id, cancellationToken);
            }
        }
        finally
        {
            _loading.Release();
        }

        throw new EngineException($"target {target}: none of its keys is {id}, which something is encrypted with", isTransient: true);
    }

    private async Task<EncryptionKey> SearchAllAsync(string id, CancellationToken cancellationToken)
    {
        var unreadable = new List<string>();
        foreach (var reference in older.Prepend(current))
        {
            try
            {
                var key = await LoadAsync(reference, cancellationToken);
                if (ReferenceEquals(reference, current))
                {
                    _current = key;
                }

                if (key.Id == id)
                {
                    return key;
                }
            }
            catch (EngineException e)
            {
                unreadable.Add(e.Message);
            }
        }

        _missed[id] = time.GetTimestamp();
        throw new EngineException(
            $"target {target}: none of its keys is {id}, which something is encrypted with"
            + string.Concat(unreadable.Select(message => $"; {message}")),
            isTransient: true);
    }

    private async Task<EncryptionKey> LoadAsync(KeyReference reference, CancellationToken cancellationToken)
    {
        var read = await reference.LoadAsync(target, time, logger, cancellationToken);
        var kept = _keys.GetOrAdd(read.Id, read);
        if (!ReferenceEquals(kept, read))
        {
            read.Dispose();
        }

        return kept;
    }
}
