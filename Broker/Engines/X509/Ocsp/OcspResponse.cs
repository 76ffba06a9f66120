using System.Formats.Asn1;

namespace SecretsBroker.Engines.X509.Ocsp;

/// <summary>Answers in their wire format (RFC 6960 §4.2).</summary>
internal static class OcspResponse
{
    private const string BasicOid = "1.3.6.1.5.5.7.48.1.1";

    private static readonly Asn1Tag Tag0 = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Tag1 = new(TagClass.ContextSpecific, 1, isConstructed: true);
    private static readonly Asn1Tag Tag2 = new(TagClass.ContextSpecific, 2, isConstructed: true);

    private enum Status
    {
        Successful = 0,
        MalformedRequest = 1,
        TryLater = 3,
        Unauthorized = 6,
    }

    public static ReadOnlyMemory<byte> MalformedRequest { get; } = Write(Status.MalformedRequest, basic: null);

    public static ReadOnlyMemory<byte> TryLater { get; } = Write(Status.TryLater, basic: null);

    /// <summary>Nothing is known about any of the certificates, because somebody else issued them (RFC 5019 §2.2.3).</summary>
    public static ReadOnlyMemory<byte> Unauthorized { get; } = Write(Status.Unauthorized, basic: null);

    /// <param name="answers">What was asked, and what is so.</param>
    /// <param name="nonce">Of the request.</param>
    /// <param name="now">When that was found out.</param>
    /// <param name="lifetime">How long it may be kept.</param>
    /// <param name="signer">Signs.</param>
    public static ReadOnlyMemory<byte> Of(
        IReadOnlyList<(CertificateId Id, CertificateStatus Status)> answers,
        ReadOnlyMemory<byte>? nonce,
        DateTimeOffset now,
        TimeSpan lifetime,
        OcspSigner signer)
    {
        var data = WriteData(answers, nonce, now, lifetime, signer);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(data);
            writer.WriteEncodedValue(signer.SignatureAlgorithm);
            writer.WriteBitString(signer.Sign(data));
            using (writer.PushSequence(Tag0))
            using (writer.PushSequence())
            {
                writer.WriteEncodedValue(signer.Certificate.RawData);
            }
        }

        return Write(Status.Successful, writer.Encode());
    }

    private static byte[] WriteData(
        IReadOnlyList<(CertificateId Id, CertificateStatus Status)> answers,
        ReadOnlyMemory<byte>? nonce,
        DateTimeOffset now,
        TimeSpan lifetime,
        OcspSigner signer)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(Tag2))
            {
                writer.WriteOctetString(signer.KeyHash);
            }

            WriteTime(writer, now);
            using (writer.PushSequence())
            {
                foreach (var (id, status) in answers)
                {
                    WriteSingle(writer, id, status, now, lifetime);
                }
            }

            if (nonce is { } value)
            {
                WriteNonce(writer, value);
            }
        }

        return writer.Encode();
    }

    private static void WriteSingle(
        AsnWriter writer, CertificateId id, CertificateStatus status, DateTimeOffset now, TimeSpan lifetime)
    {
        using var single = writer.PushSequence();
        writer.WriteEncodedValue(id.Encoded.Span);
        if (status.State == CertificateState.Revoked)
        {
            using (writer.PushSequence(Tag1))
            {
                WriteTime(writer, status.Moment);
            }
        }
        else
        {
            writer.WriteNull(new Asn1Tag(TagClass.ContextSpecific, (int)status.State));
        }

        WriteTime(writer, now);
        var next = now + lifetime;
        using (writer.PushSequence(Tag0))
        {
            WriteTime(writer, status.State == CertificateState.Good && status.Moment < next ? status.Moment : next);
        }
    }

    private static void WriteNonce(AsnWriter writer, ReadOnlyMemory<byte> value)
    {
        using (writer.PushSequence(Tag1))
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(OcspRequest.NonceOid);
            writer.WriteOctetString(value.Span);
        }
    }

    private static void WriteTime(AsnWriter writer, DateTimeOffset moment) =>
        writer.WriteGeneralizedTime(moment, omitFractionalSeconds: true);

    private static byte[] Write(Status status, byte[]? basic)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEnumeratedValue(status);
            if (basic is not null)
            {
                using (writer.PushSequence(Tag0))
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(BasicOid);
                    writer.WriteOctetString(basic);
                }
            }
        }

        return writer.Encode();
    }
}
