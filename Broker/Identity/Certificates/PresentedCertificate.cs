using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.Certificates;

/// <summary>
/// A certificate whose key the other end of a connection has, as the handshake proved, and the issuers that it sent along. Nothing that
/// it says is believed yet.
/// </summary>
internal sealed class PresentedCertificate
{
    /// <summary>Of the issuers sent along, no more are looked at.</summary>
    public const int MaxIssuers = 8;

    private volatile SvidChain? _chain;

    public PresentedCertificate(X509Certificate2 leaf, IEnumerable<X509Certificate2> issuers)
    {
        // Copies: those of a handshake are disposed of with it.
        Leaf = Copy(leaf);
        Issuers = [.. issuers.Where(issuer => !issuer.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span)).Take(MaxIssuers).Select(Copy)];
        Subject = SpiffeSubject.Of(Leaf);
        IsWellFormed = SvidForm.IsOf(Leaf, SvidForm.ClientAuthentication);
        Thumbprint = Base64Url.EncodeToString(SHA256.HashData(Leaf.RawDataMemory.Span));
        StartTime = new DateTimeOffset(Leaf.NotBefore);
        EndTime = new DateTimeOffset(Leaf.NotAfter);
    }

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
    /// certificates and bundles. Of no way it is remembered too, so that a stranger cannot spend our processor call by call.
    /// </summary>
    public SvidChain ChainTo(KeyRing bundle, DateTimeOffset now)
    {
        if (_chain is { } known && known.Bundle == bundle && (known.Holds(now) || known.EndTime < known.StartTime))
            return known;
        return _chain = SvidChain.Find(this, bundle, now);
    }

    private static X509Certificate2 Copy(X509Certificate2 certificate) => X509CertificateLoader.LoadCertificate(certificate.RawDataMemory.Span);
}
