using SecretsBroker.Engines.Keys;

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
        var previous = PreviousAt(settings, now).Select(previous => (SigningKey.LoadPrevious(previous.File), previous.Until)).ToArray();
        return new SigningKeys(SigningKey.LoadOrCreate(settings.KeyFile, out created), previous);
    }

    /// <summary>The ids of those that can be read; makes none.</summary>
    public static IReadOnlyCollection<string> ReadIds(JwtSettings settings, DateTimeOffset now) =>
        KeyIds.Read(PreviousAt(settings, now).Select(previous => previous.File).Prepend(settings.KeyFile), file =>
        {
            using var key = SigningKey.LoadPrevious(file);
            return key.Id;
        });

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

    private static IEnumerable<PreviousKey> PreviousAt(JwtSettings settings, DateTimeOffset now) =>
        settings.PreviousKeys.Where(previous => previous.Until > now);
}
