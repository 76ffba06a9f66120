using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Engines.X509.Naming;

/// <summary>Which names the certificates below an authority may carry (RFC 5280 §4.2.1.10).</summary>
/// <param name="Permitted">Of a kind that is among them, only the names that one of them covers.</param>
/// <param name="Excluded">No name that one of them covers.</param>
internal sealed record NameConstraints(IReadOnlyList<NameSubtree> Permitted, IReadOnlyList<NameSubtree> Excluded)
{
    public const string Oid = "2.5.29.30";

    private static readonly Asn1Tag PermittedTag = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag ExcludedTag = new(TagClass.ContextSpecific, 1, isConstructed: true);

    /// <returns>Null when the authority has none.</returns>
    /// <exception cref="CryptographicException">They cannot be read: nobody knows then what is allowed.</exception>
    public static NameConstraints? Of(X509Certificate2 authority)
    {
        if (authority.Extensions[Oid] is not { } extension)
        {
            return null;
        }

        try
        {
            var outer = new AsnReader(extension.RawData, AsnEncodingRules.DER);
            var reader = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            var constraints = new NameConstraints(ReadSubtrees(reader, PermittedTag), ReadSubtrees(reader, ExcludedTag));
            reader.ThrowIfNotEmpty();
            return constraints;
        }
        catch (AsnContentException e)
        {
            throw new CryptographicException("malformed name constraints", e);
        }
    }

    /// <summary>Critical: a verifier that does not know what it is must refuse.</summary>
    public X509Extension ToExtension()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            WriteSubtrees(writer, PermittedTag, Permitted);
            WriteSubtrees(writer, ExcludedTag, Excluded);
        }

        return new X509Extension(Oid, writer.Encode(), critical: true);
    }

    public bool Allow(LeafName name) =>
        !Excluded.Any(subtree => subtree.Covers(name)) &&
        (Permitted.All(subtree => subtree.Kind != name.Kind) || Permitted.Any(subtree => subtree.Covers(name)));

    private static List<NameSubtree> ReadSubtrees(AsnReader reader, Asn1Tag tag)
    {
        var subtrees = new List<NameSubtree>();
        if (reader.HasData && reader.PeekTag() == tag)
        {
            var list = reader.ReadSequence(tag);
            while (list.HasData)
            {
                subtrees.Add(NameSubtree.Read(list));
            }
        }

        return subtrees;
    }

    private static void WriteSubtrees(AsnWriter writer, Asn1Tag tag, IReadOnlyList<NameSubtree> subtrees)
    {
        if (subtrees.Count == 0)
        {
            return;
        }

        using var list = writer.PushSequence(tag);
        foreach (var subtree in subtrees)
        {
            subtree.Write(writer);
        }
    }
}
