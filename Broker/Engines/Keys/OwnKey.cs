namespace SecretsBroker.Engines.Keys;

/// <summary>
/// A key of the broker's own, and what belongs to it, in files. It is loaded, or made, when its target comes into force, and else when it is
/// used: a folder that is not there yet does not keep the broker from starting. Strangers make none.
/// </summary>
/// <param name="target">Whose it is.</param>
/// <param name="files">Without which it is not made yet.</param>
/// <param name="load">Loads it, or makes it.</param>
/// <param name="time">Measures how long strangers wait.</param>
internal sealed class OwnKey<T>(string target, IReadOnlyList<string> files, Func<T> load, TimeProvider time) : IDisposable
    where T : class, IDisposable
{
    /// <summary>How long strangers wait for another look at one that could not be read.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _loading = new();
    private volatile T? _key;
    private long? _lastTry;

    /// <summary>Whether its files are there, so that looking at it makes none.</summary>
    public bool IsMade => files.All(File.Exists);

    /// <exception cref="EngineException">It can be neither read nor made.</exception>
    public T Value
    {
        get
        {
            lock (_loading)
            {
                return _key ??= Load();
            }
        }
    }

    /// <summary>Never fails: what could not be made ready is told in the log.</summary>
    public void Prepare(ILogger logger)
    {
        try
        {
            _ = Value;
        }
        catch (EngineException e)
        {
            OwnKeyLog.NotPrepared(logger, target, e.Message);
        }
    }

    /// <summary>For what strangers ask: they make none, and one that cannot be read is not read at each of their questions.</summary>
    /// <exception cref="EngineException">There is none to tell of.</exception>
    public void RequireMade()
    {
        if (_key is not null)
        {
            return;
        }

        lock (_loading)
        {
            if (!IsMade || (_lastTry is { } last && time.GetElapsedTime(last) < LookAgainAfter))
            {
                throw new EngineException($"target {target} has no key yet", isTransient: true);
            }

            _ = Value;
        }
    }

    public void Dispose() => _key?.Dispose();

    private T Load()
    {
        _lastTry = time.GetTimestamp();
        return load();
    }
}
