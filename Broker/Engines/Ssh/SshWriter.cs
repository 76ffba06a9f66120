using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace SecretsBroker.Engines.Ssh;

/// <summary>Writes the data types of RFC 4251 §5.</summary>
internal sealed class SshWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public SshWriter Byte(byte value)
    {
        _bytes.Write([value]);
        return this;
    }

    public SshWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(sizeof(uint)), value);
        _bytes.Advance(sizeof(uint));
        return this;
    }

    public SshWriter UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.GetSpan(sizeof(ulong)), value);
        _bytes.Advance(sizeof(ulong));
        return this;
    }

    /// <summary>A <c>string</c>: its length, then its bytes.</summary>
    public SshWriter String(ReadOnlySpan<byte> value)
    {
        UInt32((uint)value.Length);
        return Raw(value);
    }

    public SshWriter String(string value) => String(Encoding.UTF8.GetBytes(value));

    /// <summary>A number that is not negative, big-endian: without leading zeros but for the one that keeps it so.</summary>
    public SshWriter Mpint(ReadOnlySpan<byte> value)
    {
        value = value.TrimStart((byte)0);
        return value.Length > 0 && value[0] >= 0x80 ? String([0, .. value]) : String(value);
    }

    public SshWriter Raw(ReadOnlySpan<byte> value)
    {
        _bytes.Write(value);
        return this;
    }
}
