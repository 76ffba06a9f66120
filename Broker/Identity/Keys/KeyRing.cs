using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Identity.Tokens;

namespace SecretsBroker.Identity.Keys;

/// <summary>The keys of one authority at one moment. Never changed, only replaced.</summary>
internal sealed class KeyRing(
    IReadOnlyList<TrustedKey> keys, IReadOnlyList<X509Certificate2>? authorities = null, long? sequence = null, TimeSpan? refreshHint = null)
{
    /// <summary>Nothing was loaded yet, or what was loaded is too old. Trusts nobody.</summary>
    public static readonly KeyRing Unavailable = new([]);

    private readonly HashSet<string> _thumbprints = [.. keys.Select(key => key.Thumbprint)];

    /// <summary>Keys and certificates together.</summary>
    public int Count => keys.Count + Authorities.Count;

    /// <summary>The certificates that a trust domain's X.509-SVIDs are issued by.</summary>
    public IReadOnlyList<X509Certificate2> Authorities { get; } = authorities ?? [];

    private IReadOnlyList<TrustedKey> Keys => keys;

    /// <summary>A trust bundle's <c>spiffe_sequence</c>.</summary>
    public long? Sequence => sequence;

    /// <summary>A trust bundle's <c>spiffe_refresh_hint</c>: after what time it asks to be fetched again.</summary>
    public TimeSpan? RefreshHint => refreshHint;

    /// <summary>What both hold.</summary>
    public KeyRing With(KeyRing other) => new([.. keys, .. other.Keys], [.. Authorities, .. other.Authorities]);

    public bool Contains(string thumbprint) => _thumbprints.Contains(thumbprint);

    /// <summary>Usually one; sets with two keys of one name exist.</summary>
    public IEnumerable<TrustedKey> For(TokenHeader header) => keys.Where(key => key.Fits(header));
}
