using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.Certificates;

/// <summary>
/// A certificate whose key the other end of a connection has, as the handshake proved, and the issuers that it sent along. Nothing that
/// it says is believed yet. It is kept as long as the connection.
/// </summary>
internal sealed class PresentedCertificate : IDisposable
{
    /// <summary>Of the issuers sent along, no more are looked at.</summary>
    public const int MaxIssuers = 8;

    /// <summary>Of the certificate and the issuers together, in bytes: anybody may connect, and what they present is kept.</summary>
    public const int MaxSize = 32 * 1024;

    private readonly Lock _gate = new();
    private volatile SvidChain? _chain;
    private bool _disposed;

    public PresentedCertificate(X509Certificate2 leaf, IEnumerable<X509Certificate2> issuers)
    {
        // Copies: those of a handshake are disposed of with it.
        Leaf = Copy(leaf);
        Issuers = [.. IssuersOf(leaf, issuers).Take(MaxIssuers).Select(Copy)];
        Subject = SpiffeSubject.Of(Leaf);
        IsWellFormed = SvidForm.IsOf(Leaf, SvidForm.ClientAuthentication);
        Thumbprint = Base64Url.EncodeToString(SHA256.HashData(Leaf.RawDataMemory.Span));
        StartTime = new DateTimeOffset(Leaf.NotBefore);
        EndTime = new DateTimeOffset(Leaf.NotAfter);
    }

    /// <summary>Whether it is within <see cref="MaxSize"/>, the issuers beyond <see cref="MaxIssuers"/> included.</summary>
    public static bool Fits(X509Certificate2 leaf, IEnumerable<X509Certificate2> issuers) =>
        IssuersOf(leaf, issuers).Prepend(leaf).Sum(certificate => (long)certificate.RawDataMemory.Length) <= MaxSize;

    public X509Certificate2 Leaf { get; }

    public IReadOnlyList<X509Certificate2> Issuers { get; }

    public SpiffeSubject Subject { get; }

    /// <summary>Whether it is of the form of a client's X.509-SVID.</summary>
    public bool IsWellFormed { get; }

    /// <summary>As tokens that are bound to it name it: <c>x5t#S256</c> (RFC 8705 §3.1).</summary>
    public string Thumbprint { get; }

    public DateTimeOffset StartTime { get; }

    public DateTimeOffset EndTime { get; }

    /// <summary>
    /// The way to a bundle. Looked for again when the bundle is another than last time, or the last way has ended: a connection outlives
    /// certificates and bundles. Of no way it is remembered too, so that a stranger cannot spend our processor call by call. Once it is
    /// disposed of there is no way.
    /// </summary>
    public SvidChain ChainTo(KeyRing bundle, DateTimeOffset now)
    {
        if (_chain is { } known && known.Bundle == bundle && (known.Holds(now) || known.EndTime < known.StartTime))
            return known;
        // The connection may close while a call of it is still judged.
        lock (_gate)
        {
            return _disposed ? SvidChain.None(bundle) : _chain = SvidChain.Find(this, bundle, now);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _chain = null;
            Leaf.Dispose();
            foreach (var issuer in Issuers)
                issuer.Dispose();
        }
    }

    // Some platforms name the certificate itself among those that came along.
    private static IEnumerable<X509Certificate2> IssuersOf(X509Certificate2 leaf, IEnumerable<X509Certificate2> sentAlong) =>
        sentAlong.Where(issuer => !issuer.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span));

    private static X509Certificate2 Copy(X509Certificate2 certificate) => X509CertificateLoader.LoadCertificate(certificate.RawDataMemory.Span);
}
