using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.Ssh;

/// <summary>Who signs a target's certificates, and the public keys of those who did so before.</summary>
internal sealed class SshAuthorities : IDisposable
{
    private readonly IReadOnlyList<(SshPublicKey Key, DateTimeOffset Until)> _previous;

    private SshAuthorities(SshCertificateAuthority signing, IReadOnlyList<(SshPublicKey Key, DateTimeOffset Until)> previous) =>
        (Signing, _previous) = (signing, previous);

    public SshCertificateAuthority Signing { get; }

    /// <summary>Without those whose time is over: their files may be gone.</summary>
    /// <exception cref="EngineException">A file cannot be read or made, or does not hold a key of an accepted kind.</exception>
    public static SshAuthorities LoadOrCreate(SshSettings settings, DateTimeOffset now, out bool created)
    {
        var previous = PreviousAt(settings, now).Select(previous => (SshKeyFile.ReadPublic(previous.File), previous.Until)).ToArray();
        return new SshAuthorities(SshCertificateAuthority.LoadOrCreate(settings, out created), previous);
    }

    /// <summary>The ids of those that can be read; makes none.</summary>
    public static IReadOnlyCollection<string> ReadIds(SshSettings settings, DateTimeOffset now) =>
        KeyIds.Read(PreviousAt(settings, now).Select(previous => previous.File).Prepend(settings.KeyFile), file => SshKeyFile.ReadPublic(file).Id);

    /// <summary>Those whose certificates may live, the one that signs first.</summary>
    public IReadOnlyList<SshPublicKey> LivingAt(DateTimeOffset now) =>
        [Signing.PublicKey, .. _previous.Where(one => one.Until > now && one.Key.Line != Signing.PublicKey.Line).Select(one => one.Key)];

    public void Dispose() => Signing.Dispose();

    private static IEnumerable<PreviousKey> PreviousAt(SshSettings settings, DateTimeOffset now) =>
        settings.PreviousKeys.Where(previous => previous.Until > now);
}
