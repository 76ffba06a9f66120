using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Identity.Certificates;

/// <summary>Whom a certificate says it stands for, by its subject alternative names (X509-SVID §2).</summary>
/// <param name="Id">The workload; meaningful when there is no fault.</param>
/// <param name="Fault">Why it stands for no workload.</param>
internal readonly record struct SpiffeSubject(WorkloadId Id, AuthenticationFault? Fault)
{
    private const string SubjectAlternativeName = "2.5.29.17";

    // GeneralName ::= CHOICE { …, uniformResourceIdentifier [6] IA5String, … } (RFC 5280 §4.2.1.6).
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    /// <summary>
    /// Whether it is meant as an identity, be it a good one or not. A certificate that is not can only be what tokens are bound to.
    /// </summary>
    public bool IsIdentity => Fault != AuthenticationFault.CertificateWithoutId;

    public static SpiffeSubject Of(X509Certificate2 certificate)
    {
        var uris = new List<string>();
        try
        {
            foreach (var extension in certificate.Extensions.Where(extension => extension.Oid?.Value == SubjectAlternativeName))
                ReadUris(extension.RawData, uris);
        }
        catch (AsnContentException)
        {
            return new SpiffeSubject(default, AuthenticationFault.CertificateIdRefused);
        }

        if (!uris.Any(uri => uri.StartsWith("spiffe:", StringComparison.OrdinalIgnoreCase)))
            return new SpiffeSubject(default, AuthenticationFault.CertificateWithoutId);
        return uris.Count == 1 && WorkloadId.TryParse(uris[0], out var id)
            ? new SpiffeSubject(id, null)
            : new SpiffeSubject(default, AuthenticationFault.CertificateIdRefused);
    }

    private static void ReadUris(byte[] extension, List<string> uris)
    {
        var reader = new AsnReader(extension, AsnEncodingRules.DER);
        var names = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(UriTag))
                uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag));
            else
                names.ReadEncodedValue();
        }
    }
}
