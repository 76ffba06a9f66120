using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Engines.X509.Ocsp;

/// <summary>Which certificate a question is about: hashes of its issuer's name and key, and its serial number (RFC 6960 §4.1.1).</summary>
/// <param name="Encoded">As it was asked, so that the answer repeats it.</param>
/// <param name="HashAlgorithm">Null for one that is not known here.</param>
internal sealed record CertificateId(
    ReadOnlyMemory<byte> Encoded,
    HashAlgorithmName? HashAlgorithm,
    ReadOnlyMemory<byte> IssuerNameHash,
    ReadOnlyMemory<byte> IssuerKeyHash,
    ReadOnlyMemory<byte> SerialNumber)
{
    private const string Sha1 = "1.3.14.3.2.26";
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";

    /// <exception cref="AsnContentException">It is malformed.</exception>
    public static CertificateId Read(AsnReader reader)
    {
        var encoded = reader.PeekEncodedValue();
        var id = reader.ReadSequence();
        var algorithm = id.ReadSequence();
        HashAlgorithmName? hash = algorithm.ReadObjectIdentifier() switch
        {
            // Broken as a signature, good enough as a name: most clients know no other.
            Sha1 => HashAlgorithmName.SHA1,
            Sha256 => HashAlgorithmName.SHA256,
            _ => null,
        };
        var read = new CertificateId(encoded, hash, id.ReadOctetString(), id.ReadOctetString(), id.ReadIntegerBytes());
        id.ThrowIfNotEmpty();
        return read;
    }

    public bool IsBelow(X509Certificate2 issuer) =>
        HashAlgorithm is { } hash
        && CryptographicOperations.HashData(hash, issuer.SubjectName.RawData).AsSpan().SequenceEqual(IssuerNameHash.Span)
        && CryptographicOperations.HashData(hash, issuer.PublicKey.EncodedKeyValue.RawData).AsSpan().SequenceEqual(IssuerKeyHash.Span);
}
