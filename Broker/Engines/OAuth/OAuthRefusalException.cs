namespace SecretsBroker.Engines.OAuth;

/// <summary>The server has answered, and not with what was asked for.</summary>
/// <param name="status">The status.</param>
/// <param name="code">The error code of RFC 6749 §5.2 and its extensions, as the broker writes it; empty for whatever else was said.</param>
internal sealed class OAuthRefusalException(int status, string code) : Exception($"status {status} {code}")
{
    private static readonly string[] Known =
    [
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_target",
        "unsupported_token_type", "access_denied",
    ];

    public int Status => status;

    public string Code => code;

    /// <summary>Whether it is the server that said no, and did nothing: what stands between may answer anything after something was done.</summary>
    public bool IsRefusal => status is 400 or 401 or 403 && code.Length > 0;

    /// <param name="status">The status.</param>
    /// <param name="said">What the server calls it; null when nothing.</param>
    public static OAuthRefusalException Of(int status, string? said) => new(status, Known.FirstOrDefault(code => code == said) ?? "");
}
