using System.Formats.Asn1;

namespace SecretsBroker.Engines.X509.Ocsp;

/// <summary>What somebody asks about certificates (RFC 6960 §4.1). Anybody may: its size and what it asks for at once are bounded.</summary>
/// <param name="Certificates">1 to <see cref="MaxCertificates"/>.</param>
/// <param name="Nonce">The value of the extension, to be repeated (RFC 9654); null when there is none.</param>
internal sealed record OcspRequest(IReadOnlyList<CertificateId> Certificates, ReadOnlyMemory<byte>? Nonce)
{
    public const int MaxBytes = 4 * 1024;
    public const int MaxCertificates = 8;
    public const string NonceOid = "1.3.6.1.5.5.7.48.1.2";

    private const int MaxNonceBytes = 128;

    private static readonly Asn1Tag VersionTag = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag RequestorTag = new(TagClass.ContextSpecific, 1, isConstructed: true);
    private static readonly Asn1Tag ExtensionsTag = new(TagClass.ContextSpecific, 2, isConstructed: true);
    private static readonly Asn1Tag SingleExtensionsTag = new(TagClass.ContextSpecific, 0, isConstructed: true);

    /// <returns>Null when it is malformed, too large, or wants what the broker does not know and must not leave out.</returns>
    public static OcspRequest? Parse(ReadOnlyMemory<byte> der)
    {
        if (der.Length > MaxBytes)
        {
            return null;
        }

        try
        {
            var outer = new AsnReader(der, AsnEncodingRules.DER);
            var request = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            // Who signed it, if anybody did, makes no difference: what is answered is for everybody.
            return Read(request.ReadSequence());
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static OcspRequest? Read(AsnReader body)
    {
        if (body.HasData && body.PeekTag() == VersionTag)
        {
            body.ReadSequence(VersionTag);
        }

        if (body.HasData && body.PeekTag() == RequestorTag)
        {
            body.ReadSequence(RequestorTag);
        }

        var list = body.ReadSequence();
        var certificates = new List<CertificateId>();
        while (list.HasData)
        {
            var single = list.ReadSequence();
            certificates.Add(CertificateId.Read(single));
            if (certificates.Count > MaxCertificates || !TryReadExtensions(single, SingleExtensionsTag, out _))
            {
                return null;
            }
        }

        return TryReadExtensions(body, ExtensionsTag, out var nonce) && certificates.Count > 0
            ? new OcspRequest(certificates, nonce)
            : null;
    }

    private static bool TryReadExtensions(AsnReader reader, Asn1Tag tag, out ReadOnlyMemory<byte>? nonce)
    {
        nonce = null;
        if (!reader.HasData)
        {
            return true;
        }

        var wrapper = reader.ReadSequence(tag);
        reader.ThrowIfNotEmpty();
        var extensions = wrapper.ReadSequence();
        wrapper.ThrowIfNotEmpty();
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var oid = extension.ReadObjectIdentifier();
            var isCritical = extension.HasData && extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
            ReadOnlyMemory<byte> value = extension.ReadOctetString();
            extension.ThrowIfNotEmpty();
            if (oid == NonceOid)
            {
                if (!IsNonce(value))
                {
                    return false;
                }

                nonce = value;
            }
            else if (isCritical)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNonce(ReadOnlyMemory<byte> value)
    {
        var reader = new AsnReader(value, AsnEncodingRules.DER);
        var length = reader.ReadOctetString().Length;
        return !reader.HasData && length is >= 1 and <= MaxNonceBytes;
    }
}
