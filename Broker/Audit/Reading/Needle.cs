using System.Buffers;
using System.Text;

namespace SecretsBroker.Audit.Reading;

/// <summary>
/// Bytes that a line must hold to be of interest, so that the others need not be parsed. A member's stand in a line only where the member
/// does: inside a string every quotation mark has a backslash before it.
/// </summary>
internal static class Needle
{
    public static byte[] Member(ReadOnlySpan<byte> name, string value)
    {
        var output = new ArrayBufferWriter<byte>();
        var json = new CanonicalJson(output);
        json.Begin();
        json.Member(name, value);
        return [.. ","u8, .. output.WrittenSpan[1..]];
    }

    /// <summary>A string that begins so, wherever it stands.</summary>
    public static byte[] StringStart(string text) => [.. "\""u8, .. Encoding.UTF8.GetBytes(text)];
}
