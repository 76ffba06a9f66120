using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Engines.X509.Naming;

/// <summary>The names of one kind at and below a point (<c>GeneralSubtree</c>, RFC 5280 §4.2.1.10).</summary>
/// <param name="Kind">Which kind; names of another are not in it.</param>
/// <param name="Point">The content of the <c>GeneralName</c>: a domain, a host, an address and its mask, a distinguished name.</param>
internal sealed record NameSubtree(NameKind Kind, ReadOnlyMemory<byte> Point)
{
    private static readonly Asn1Tag DirectoryTag = new(TagClass.ContextSpecific, (int)NameKind.Directory, isConstructed: true);

    private string Text => Encoding.ASCII.GetString(Point.Span);

    public static NameSubtree Of(NameKind kind, string text) => new(kind, Encoding.ASCII.GetBytes(text));

    public static NameSubtree Of(IPNetwork network)
    {
        var address = network.BaseAddress.GetAddressBytes();
        var mask = new byte[address.Length];
        for (var bit = 0; bit < network.PrefixLength; bit++)
        {
            mask[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        return new NameSubtree(NameKind.Ip, (byte[])[.. address, .. mask]);
    }

    /// <exception cref="CryptographicException">It has bounds, which no verifier supports.</exception>
    /// <exception cref="AsnContentException">It is malformed.</exception>
    public static NameSubtree Read(AsnReader reader)
    {
        var subtree = reader.ReadSequence();
        var tag = subtree.PeekTag();
        var kind = tag.TagClass == TagClass.ContextSpecific && Enum.IsDefined((NameKind)tag.TagValue)
            ? (NameKind)tag.TagValue
            : NameKind.Other;
        ReadOnlyMemory<byte> point;
        if (kind is NameKind.Directory)
        {
            // A Name is a CHOICE, so that its tag is explicit.
            point = ReadDirectoryName(subtree.ReadSequence(DirectoryTag));
        }
        else if (kind is NameKind.Other)
        {
            subtree.ReadEncodedValue();
            point = default;
        }
        else
        {
            point = subtree.ReadOctetString(tag);
        }

        return subtree.HasData ? throw new CryptographicException("a subtree with bounds") : new NameSubtree(kind, point);
    }

    /// <summary>Only for what the broker writes: domains, hosts and networks.</summary>
    public void Write(AsnWriter writer)
    {
        using var subtree = writer.PushSequence();
        writer.WriteOctetString(Point.Span, new Asn1Tag(TagClass.ContextSpecific, (int)Kind));
    }

    public bool Covers(LeafName name) => name.Kind == Kind && Kind switch
    {
        NameKind.Dns => CoversDomain(name.Text),
        NameKind.Uri => CoversHost(new Uri(name.Text).Host),
        NameKind.Ip => CoversAddress(IPAddress.Parse(name.Text).GetAddressBytes()),
        // The subject of a lease's certificate lies below the empty name only.
        NameKind.Directory => Point.IsEmpty,
        _ => false,
    };

    private static ReadOnlyMemory<byte> ReadDirectoryName(AsnReader name)
    {
        var content = name.PeekContentBytes();
        name.ReadSequence();
        name.ThrowIfNotEmpty();
        return content;
    }

    private bool CoversDomain(string name) => Text is "" || CoversHost(name) || (Text[0] != '.' && EndsWith(name, $".{Text}"));

    private bool CoversHost(string host) =>
        Text.StartsWith('.') ? EndsWith(host, Text) : string.Equals(host, Text, StringComparison.OrdinalIgnoreCase);

    private bool CoversAddress(ReadOnlySpan<byte> address)
    {
        var point = Point.Span;
        if (point.Length != address.Length * 2)
        {
            return false;
        }

        for (var i = 0; i < address.Length; i++)
        {
            if (((address[i] ^ point[i]) & point[address.Length + i]) != 0)
            {
                return false;
            }
        }

        return true;
    }

    private static bool EndsWith(string name, string end) =>
        name.Length > end.Length && name.EndsWith(end, StringComparison.OrdinalIgnoreCase);
}
