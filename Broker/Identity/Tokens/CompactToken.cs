using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace SecretsBroker.Identity.Tokens;

/// <summary>
/// A JWS in compact form, taken apart and not yet believed. Stricter than the RFCs ask for: one spelling a token, one
/// meaning a member, so that no two parsers can read it differently.
/// </summary>
internal sealed class CompactToken : IDisposable
{
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private readonly JsonDocument _header;
    private readonly JsonDocument _payload;

    private CompactToken(string text, JsonDocument header, JsonDocument payload)
    {
        Text = text;
        _header = header;
        _payload = payload;
    }

    public string Text { get; }

    public JsonElement Header => _header.RootElement;

    public JsonElement Payload => _payload.RootElement;

    public static AuthenticationFault? TryRead(string text, out CompactToken? token)
    {
        token = null;
        if (text.AsSpan().ContainsAnyExcept(TokenCharacters))
            return AuthenticationFault.Malformed;
        Span<Range> parts = stackalloc Range[6];
        var count = text.AsSpan().Split(parts, '.');
        if (count == 5)
            return AuthenticationFault.Encrypted;
        if (count != 3)
            return AuthenticationFault.Malformed;

        if (Decode(text.AsSpan(parts[0])) is not { } header
            || Decode(text.AsSpan(parts[1])) is not { } payload
            || Decode(text.AsSpan(parts[2])) is null)
        {
            return AuthenticationFault.Malformed;
        }

        if (StrictJson.TryRead(header, out var headerDocument) is { } headerFault)
            return headerFault;
        if (StrictJson.TryRead(payload, out var payloadDocument) is { } payloadFault)
        {
            headerDocument!.Dispose();
            return payloadFault;
        }

        token = new CompactToken(text, headerDocument!, payloadDocument!);
        return null;
    }

    public void Dispose()
    {
        _header.Dispose();
        _payload.Dispose();
    }

    // An empty part is an unsigned token or none at all; the decoder refuses spare bits, which would be a second spelling.
    private static byte[]? Decode(ReadOnlySpan<char> part)
    {
        if (part.IsEmpty)
            return null;
        try
        {
            return Base64Url.DecodeFromChars(part);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
