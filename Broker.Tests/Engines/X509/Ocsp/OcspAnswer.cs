using System.Formats.Asn1;
using System.Text.Json;

namespace SecretsBroker.Tests.Engines.X509.Ocsp;

/// <summary>An answer as a client reads it.</summary>
/// <param name="Status"><c>successful</c>, or why there is none.</param>
/// <param name="Certificates">In the order that was asked in.</param>
/// <param name="Nonce">Null when there is none.</param>
/// <param name="ResponderCertificate">DER; empty when nothing was signed.</param>
internal sealed record OcspAnswer(string Status, IReadOnlyList<OcspAnswer.Single> Certificates, byte[]? Nonce, byte[] ResponderCertificate)
{
    private static readonly Asn1Tag Tag0 = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Tag1 = new(TagClass.ContextSpecific, 1, isConstructed: true);
    private static readonly Asn1Tag Tag2 = new(TagClass.ContextSpecific, 2, isConstructed: true);

    private enum Code
    {
        Successful = 0,
        MalformedRequest = 1,
        TryLater = 3,
        Unauthorized = 6,
    }

    public string Only => Certificates.Single().State;

    public static OcspAnswer Parse(byte[] der)
    {
        var answer = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        var status = JsonNamingPolicy.CamelCase.ConvertName(answer.ReadEnumeratedValue<Code>().ToString());
        if (!answer.HasData)
        {
            return new OcspAnswer(status, [], null, []);
        }

        var bytes = answer.ReadSequence(Tag0).ReadSequence();
        bytes.ReadObjectIdentifier();
        var basic = new AsnReader(bytes.ReadOctetString(), AsnEncodingRules.DER).ReadSequence();
        var data = basic.ReadSequence();
        basic.ReadSequence();
        basic.ReadBitString(out _);
        var responder = basic.ReadSequence(Tag0).ReadSequence().ReadEncodedValue().ToArray();
        data.ReadSequence(Tag2);
        data.ReadGeneralizedTime();
        var list = data.ReadSequence();
        var certificates = new List<Single>();
        while (list.HasData)
        {
            certificates.Add(Single.Read(list.ReadSequence()));
        }

        var nonce = data.HasData ? ReadNonce(data.ReadSequence(Tag1).ReadSequence()) : null;
        return new OcspAnswer(status, certificates, nonce, responder);
    }

    public static byte[] Wrapped(byte[] octets)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString(octets);
        return writer.Encode();
    }

    private static byte[] ReadNonce(AsnReader extensions)
    {
        var extension = extensions.ReadSequence();
        extension.ReadObjectIdentifier();
        return new AsnReader(extension.ReadOctetString(), AsnEncodingRules.DER).ReadOctetString();
    }

    internal sealed record Single(string State, DateTimeOffset? RevokeTime, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate)
    {
        public static Single Read(AsnReader reader)
        {
            reader.ReadSequence();
            var tag = reader.PeekTag();
            DateTimeOffset? revoked = null;
            if (tag == Tag1)
            {
                revoked = reader.ReadSequence(Tag1).ReadGeneralizedTime();
            }
            else
            {
                reader.ReadNull(tag);
            }

            return new Single(
                tag.TagValue switch { 0 => "good", 1 => "revoked", 2 => "unknown", _ => "?" },
                revoked,
                reader.ReadGeneralizedTime(),
                reader.ReadSequence(Tag0).ReadGeneralizedTime());
        }
    }
}
