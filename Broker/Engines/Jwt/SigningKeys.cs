namespace SecretsBroker.Engines.Jwt;

/// <summary>The key that tokens are signed with, and those that they were signed with before.</summary>
internal sealed class SigningKeys : IDisposable
{
    private readonly IReadOnlyList<(SigningKey Key, DateTimeOffset Until)> _previous;

    private SigningKeys(SigningKey current, IReadOnlyList<(SigningKey Key, DateTimeOffset Until)> previous) =>
        (Current, _previous) = (current, previous);

    public SigningKey Current { get; }

    /// <summary>Without those whose time is over: their files may be gone.</summary>
    /// <exception cref="EngineException">A file cannot be read or made, or holds another kind of key.</exception>
    public static SigningKeys LoadOrCreate(JwtSettings settings, DateTimeOffset now, out bool created)
    {
        var previous = LoadPrevious(settings, now);
        return new SigningKeys(SigningKey.LoadOrCreate(settings.KeyFile, out created), previous);
    }

    /// <summary>The ids of those that tokens were signed with before alone: where there is no key to sign with yet.</summary>
    /// <exception cref="EngineException">A file cannot be read, or holds another kind of key.</exception>
    public static IReadOnlyList<string> ReadPreviousIds(JwtSettings settings, DateTimeOffset now) =>
    [
        .. LoadPrevious(settings, now).Select(previous =>
        {
            using var key = previous.Key;
            return key.Id;
        }),
    ];

    /// <summary>Those that tokens may still be signed with.</summary>
    public IEnumerable<SigningKey> AcceptedAt(DateTimeOffset now) =>
        _previous.Where(k => k.Until > now && k.Key.Id != Current.Id).Select(k => k.Key).Prepend(Current);

    public void Dispose()
    {
        Current.Dispose();
        foreach (var (key, _) in _previous)
        {
            key.Dispose();
        }
    }

    private static IReadOnlyList<(SigningKey Key, DateTimeOffset Until)> LoadPrevious(JwtSettings settings, DateTimeOffset now) =>
        [.. settings.PreviousKeys.Where(k => k.Until > now).Select(k => (SigningKey.LoadPrevious(k.File), k.Until))];
}
