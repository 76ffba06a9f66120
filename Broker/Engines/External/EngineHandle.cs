using System.Buffers.Text;
using System.Text;

namespace SecretsBroker.Engines.External;

/// <summary>
/// What an engine wants to be told again with a lease. It is stored in clear, so a handle with a field's value in it is refused. That finds what is
/// there by mistake: an engine that means to hide a value in its handle can.
/// </summary>
internal static class EngineHandle
{
    public const int MaxLength = 512;

    /// <summary>Shorter values are looked for as words of their own: their few characters may be within others by chance.</summary>
    private const int ShortestWithin = 8;

    /// <summary>Shorter ones are no secrets.</summary>
    private const int ShortestWord = 4;

    public static bool IsValid(string handle) => handle.Length <= MaxLength && IsVisible(handle);

    public static bool IsVisible(string text) => text.All(c => c is > ' ' and <= '~');

    /// <summary>Whether a value is in a valid handle: as it is, in hexadecimal, or in base64, also with something before and after it.</summary>
    public static bool Holds(string handle, ReadOnlySpan<byte> value)
    {
        if (value.Length < ShortestWord || value.Length > handle.Length)
        {
            return false;
        }

        var text = Encoding.ASCII.GetBytes(handle);
        return value.Length < ShortestWithin
            ? HoldsWord(text, value)
            : text.AsSpan().IndexOf(value) >= 0 || HoldsHexadecimal(handle, value) || HoldsBase64(handle, value);
    }

    private static bool HoldsWord(ReadOnlySpan<byte> text, ReadOnlySpan<byte> value)
    {
        for (var start = 0; start + value.Length <= text.Length; start++)
        {
            var end = start + value.Length;
            if (text[start..end].SequenceEqual(value)
                && (start == 0 || !char.IsAsciiLetterOrDigit((char)text[start - 1]))
                && (end == text.Length || !char.IsAsciiLetterOrDigit((char)text[end])))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HoldsHexadecimal(string handle, ReadOnlySpan<byte> value)
    {
        Span<char> encoded = stackalloc char[MaxLength * 2];
        Convert.TryToHexStringLower(value, encoded, out var written);
        var holds = handle.AsSpan().Contains(encoded[..written], StringComparison.OrdinalIgnoreCase);
        encoded.Clear();
        return holds;
    }

    private static bool HoldsBase64(string handle, ReadOnlySpan<byte> value)
    {
        var text = Encoding.ASCII.GetBytes(handle.Replace('+', '-').Replace('/', '_'));
        Span<byte> shifted = stackalloc byte[MaxLength + 2];
        Span<byte> encoded = stackalloc byte[MaxLength * 2];
        var holds = false;
        // Three bytes make four characters, so that there are three places for it to begin; what is of its neighbours too is left out.
        for (var shift = 0; shift < 3; shift++)
        {
            shifted.Clear();
            value.CopyTo(shifted[shift..]);
            Base64Url.EncodeToUtf8(shifted[..(shift + value.Length)], encoded);
            var own = encoded[(((shift * 8) + 5) / 6)..((shift + value.Length) * 8 / 6)];
            holds |= text.AsSpan().IndexOf(own) >= 0;
        }

        shifted.Clear();
        encoded.Clear();
        return holds;
    }
}
