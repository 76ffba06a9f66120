using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Extensions;

/// <summary>An IPv4 or IPv6 address or range. A single address is the range of full length.</summary>
public sealed class CedarIpAddress : ExtensionValue
{
    // ABCD:EF01:2345:6789:ABCD:EF01:2345:6789/128
    private const int MaxLength = 43;

    private readonly UInt128 _bits;
    private readonly int _prefix;

    private CedarIpAddress(bool isV6, UInt128 bits, int prefix) => (IsIpv6, _bits, _prefix) = (isV6, bits, prefix);

    public bool IsIpv6 { get; }

    public bool IsIpv4 => !IsIpv6;

    public bool IsLoopback => IsIpv6 ? _bits == 1 && _prefix == 128 : _bits >> 24 == 127 && _prefix >= 8;

    public bool IsMulticast => IsIpv6 ? _bits >> 120 == 0xff && _prefix >= 8 : _bits >> 28 == 0xe && _prefix >= 4;

    public override string TypeName => "ipaddr";

    public override string Constructor => "ip";

    public override string Argument => string.Create(CultureInfo.InvariantCulture, $"{Address()}/{_prefix}");

    // A shift by the whole width is no shift in .NET.
    private UInt128 HostMask => Width - _prefix == 128 ? UInt128.MaxValue : (UInt128.One << (Width - _prefix)) - 1;

    private int Width => IsIpv6 ? 128 : 32;

    /// <summary>Reads an address with an optional prefix length; <c>null</c> when it is neither.</summary>
    public static CedarIpAddress? Parse(string text)
    {
        if (text.Length > MaxLength)
            return null;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var address = slash < 0 ? text : text[..slash];
        var isV6 = address.Contains(':', StringComparison.Ordinal);
        if ((isV6 ? ReadV6(address) : ReadV4(address)) is not { } bits)
            return null;
        var width = isV6 ? 128 : 32;
        if (slash < 0)
            return new CedarIpAddress(isV6, bits, width);
        return ReadPrefix(text.AsSpan(slash + 1)) is { } prefix && prefix <= width
            ? new CedarIpAddress(isV6, bits, prefix)
            : null;
    }

    public bool IsInRange(CedarIpAddress range)
    {
        if (IsIpv6 != range.IsIpv6)
            return false;
        var (mine, theirs) = (HostMask, range.HostMask);
        return (range._bits & ~theirs) <= (_bits & ~mine) && (_bits | mine) <= (range._bits | theirs);
    }

    public override bool Equals(CedarValue? other)
        => other is CedarIpAddress ip && ip.IsIpv6 == IsIpv6 && ip._bits == _bits && ip._prefix == _prefix;

    public override int GetHashCode() => HashCode.Combine(IsIpv6, _bits, _prefix);

    private static UInt128? ReadV4(string text)
    {
        uint bits = 0;
        var parts = text.Split('.');
        if (parts.Length != 4)
            return null;
        foreach (var part in parts)
        {
            if (part.Length is 0 or > 3 || part.AsSpan().ContainsAnyExceptInRange('0', '9') || (part.Length > 1 && part[0] == '0'))
                return null;
            var octet = int.Parse(part, CultureInfo.InvariantCulture);
            if (octet > 255)
                return null;
            bits = (bits << 8) | (uint)octet;
        }

        return bits;
    }

    private static UInt128? ReadV6(string text)
    {
        var gap = text.IndexOf("::", StringComparison.Ordinal);
        if (gap < 0)
            return ReadGroups(text) is { Count: 8 } all ? all.Bits : null;
        if (ReadGroups(text.AsSpan(0, gap)) is not { } head || ReadGroups(text.AsSpan(gap + 2)) is not { } tail)
            return null;
        if (head.Count + tail.Count > 7)
            return null;
        return head.Count == 0 ? tail.Bits : (head.Bits << (16 * (8 - head.Count))) | tail.Bits;
    }

    private static (UInt128 Bits, int Count)? ReadGroups(ReadOnlySpan<char> text)
    {
        UInt128 bits = 0;
        var count = 0;
        if (text.IsEmpty)
            return (bits, count);
        foreach (var range in text.Split(':'))
        {
            var group = text[range];
            if (group.Length is 0 or > 4 || ++count > 8
                || !ushort.TryParse(group, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }

            bits = (bits << 16) | value;
        }

        return (bits, count);
    }

    private static int? ReadPrefix(ReadOnlySpan<char> text)
        => text.Length is 0 or > 3 || text.ContainsAnyExceptInRange('0', '9') || (text.Length > 1 && text[0] == '0')
            ? null
            : int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private string Address()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _bits);
        var address = new IPAddress(IsIpv6 ? bytes : bytes[12..]).ToString();
        if (IsIpv4 || !address.Contains('.', StringComparison.Ordinal))
            return address;

        // The framework writes some IPv6 addresses with an IPv4 one in them, which Cedar does not read.
        var bits = _bits;
        return string.Join(':', Enumerable.Range(0, 8).Select(i => ((ushort)(bits >> (112 - (16 * i)))).ToString("x", CultureInfo.InvariantCulture)));
    }
}
