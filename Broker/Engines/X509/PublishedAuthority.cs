using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines.X509.Ocsp;

namespace SecretsBroker.Engines.X509;

/// <summary>What an authority publishes of its target's deny list: a CRL, and answers by OCSP. The list is the target's, whoever signed.</summary>
/// <param name="target">Its name.</param>
/// <param name="authority">Who signs; read anew at each use.</param>
/// <param name="settings">For how long what is published holds.</param>
/// <param name="denyList">The target's.</param>
/// <param name="time">By which it is published.</param>
internal sealed class PublishedAuthority(
    string target, Func<CertificateAuthority> authority, X509Settings settings, DenyListing denyList, TimeProvider time) : IDisposable
{
    /// <summary>How far what is signed is dated back: for verifiers whose clock is behind.</summary>
    private static readonly TimeSpan DatedBack = TimeSpan.FromSeconds(30);

    private readonly PublishedList<RevocationList> _list = new(denyList, settings.CrlLifetime / 2, time);

    /// <summary>Names it in addresses.</summary>
    public string Id => authority().Id;

    /// <summary>Its certificate alone, DER.</summary>
    public ReadOnlyMemory<byte> Certificate => authority().Certificate.RawDataMemory;

    /// <summary>The CRL of the deny list as it now is.</summary>
    public ValueTask<RevocationList> ReadRevocationListAsync(CancellationToken cancellationToken) => _list.ReadAsync(Build, cancellationToken);

    /// <summary>Whether a question is about a certificate of this authority.</summary>
    public bool IsIssuerOf(CertificateId certificate) => certificate.IsBelow(authority().Certificate);

    /// <summary>The signed answer of this authority's OCSP responder.</summary>
    public ReadOnlyMemory<byte> SignAnswer(IReadOnlyList<(CertificateId Id, CertificateStatus Status)> answers, ReadOnlyMemory<byte>? nonce)
    {
        var (signer, now) = (authority(), time.GetUtcNow());
        signer.RequireValid(target, now, now);
        return OcspResponse.Of(answers, nonce, now, settings.OcspLifetime, signer.ResponderAt(now));
    }

    public void Dispose() => _list.Dispose();

    private RevocationList Build(DenyListSnapshot snapshot)
    {
        var (signer, now) = (authority(), time.GetUtcNow());
        var thisUpdate = now - DatedBack;
        var number = RevocationList.NumberOf(snapshot.Version, thisUpdate);
        var builder = new CertificateRevocationListBuilder();
        foreach (var entry in snapshot.Entries)
        {
            builder.AddEntry(entry.Lease.ToSerialNumber(), entry.RevokeTime);
        }

        var der = signer.Sign(generator => builder.Build(
            signer.Certificate.SubjectName,
            generator,
            number,
            now + settings.CrlLifetime,
            signer.HashAlgorithm,
            signer.AuthorityKeyIdentifier,
            thisUpdate));
        return new RevocationList(number, der, now + settings.CrlLifetime);
    }
}
