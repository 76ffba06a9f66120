using System.Net;
using System.Text;

namespace SecretsBroker.Introspection;

/// <summary>A client's id and secret in the <c>Authorization</c> header (RFC 6749 §2.3.1, RFC 7617): both form-encoded, then put together.</summary>
/// <param name="ClientId">Not believed yet.</param>
/// <param name="ClientSecret">The same.</param>
internal readonly record struct BasicCredentials(string ClientId, string ClientSecret)
{
    private const string Scheme = "Basic ";
    private const int MaxLength = 1024;

    public static bool IsMeant(string? authorization) =>
        authorization is not null && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Null when it is malformed.</summary>
    public static BasicCredentials? TryRead(string authorization)
    {
        var encoded = authorization.AsSpan(Scheme.Length).Trim();
        Span<byte> decoded = stackalloc byte[MaxLength];
        if (encoded.Length > MaxLength || !Convert.TryFromBase64Chars(encoded, decoded, out var length))
        {
            return null;
        }

        var pair = Encoding.UTF8.GetString(decoded[..length]);
        return pair.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
            ? new BasicCredentials(WebUtility.UrlDecode(pair[..colon]), WebUtility.UrlDecode(pair[(colon + 1)..]))
            : null;
    }

    public override string ToString() => $"{ClientId}:***";
}
