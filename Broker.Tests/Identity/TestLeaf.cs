using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Tests.Identity;

/// <summary>What a certificate of a workload is to say.</summary>
internal sealed class TestLeaf
{
    private static readonly Asn1Tag DnsTag = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    public List<string> Uris { get; } = [];

    public List<string> DnsNames { get; } = [];

    /// <summary>From the authority's now.</summary>
    public TimeSpan From { get; set; } = TimeSpan.FromMinutes(-1);

    public TimeSpan To { get; set; } = TimeSpan.FromHours(1);

    public bool IsAuthority { get; set; }

    /// <summary>Null for no such extension.</summary>
    public X509KeyUsageFlags? Usage { get; set; } = X509KeyUsageFlags.DigitalSignature;

    /// <summary>Purposes by their number; none for no such extension.</summary>
    public List<string> Purposes { get; } = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];

    public bool SelfSigned { get; set; }

    /// <summary>Instead of what <see cref="Uris"/> and <see cref="DnsNames"/> come to.</summary>
    public byte[]? AlternativeNames { get; set; }

    public List<X509Extension> Further { get; } = [];

    public IEnumerable<X509Extension> ToExtensions()
    {
        yield return new X509BasicConstraintsExtension(IsAuthority, false, 0, critical: true);
        if (Usage is { } usage)
            yield return new X509KeyUsageExtension(usage, critical: true);
        if (Purposes.Count > 0)
            yield return new X509EnhancedKeyUsageExtension([.. Purposes.Select(purpose => new Oid(purpose))], critical: false);
        if (AlternativeNames is not null || Uris.Count + DnsNames.Count > 0)
            yield return new X509Extension("2.5.29.17", AlternativeNames ?? Encode(), critical: false);
        foreach (var extension in Further)
            yield return extension;
    }

    // Written by hand: the framework's builder makes a Uri of what it is given, and with that another spelling.
    private byte[] Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var name in DnsNames)
                writer.WriteCharacterString(UniversalTagNumber.IA5String, name, DnsTag);
            foreach (var uri in Uris)
                writer.WriteCharacterString(UniversalTagNumber.IA5String, uri, UriTag);
        }

        return writer.Encode();
    }
}
