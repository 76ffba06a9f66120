using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Tests.Engines.X509.Ocsp;

/// <summary>A question as a client writes it, or as none should.</summary>
internal sealed record OcspQuestion(X509Certificate2 Issuer)
{
    private static readonly Asn1Tag Tag0 = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Tag2 = new(TagClass.ContextSpecific, 2, isConstructed: true);

    public IReadOnlyList<byte[]> Serials { get; init; } = [];

    public HashAlgorithmName Hash { get; init; } = HashAlgorithmName.SHA1;

    public byte[]? Nonce { get; init; }

    /// <summary>An extension that nobody knows.</summary>
    public bool IsStrange { get; init; }

    public bool IsCritical { get; init; }

    public bool IsSigned { get; init; }

    public byte[] Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                using (writer.PushSequence())
                {
                    foreach (var serial in Serials)
                    {
                        WriteCertificate(writer, serial);
                    }
                }

                if (Nonce is not null || IsStrange)
                {
                    WriteExtensions(writer);
                }
            }

            if (IsSigned)
            {
                using (writer.PushSequence(Tag0))
                using (writer.PushSequence())
                {
                    writer.WriteNull();
                }
            }
        }

        return writer.Encode();
    }

    private void WriteCertificate(AsnWriter writer, byte[] serial)
    {
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(CryptoConfig.MapNameToOID(Hash.Name!)!);
                writer.WriteNull();
            }

            writer.WriteOctetString(CryptographicOperations.HashData(Hash, Issuer.SubjectName.RawData));
            writer.WriteOctetString(CryptographicOperations.HashData(Hash, Issuer.GetPublicKey()));
            writer.WriteInteger(serial);
        }
    }

    private void WriteExtensions(AsnWriter writer)
    {
        using (writer.PushSequence(Tag2))
        using (writer.PushSequence())
        {
            if (Nonce is not null)
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1.2");
                    writer.WriteOctetString(OcspAnswer.Wrapped(Nonce));
                }
            }

            if (IsStrange)
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier("1.2.3.4");
                    if (IsCritical)
                    {
                        writer.WriteBoolean(true);
                    }

                    writer.WriteOctetString([0x05, 0x00]);
                }
            }
        }
    }
}
