namespace SecretsBroker.Identity.Keys;

/// <summary>Which addresses of an issuer may be trusted to bring its keys.</summary>
internal static class IssuerAddress
{
    private const string WellKnown = "/.well-known/openid-configuration";

    /// <summary>https; or http from loopback, where nobody can stand in between, if the configuration allows it.</summary>
    public static bool IsAllowed(string? text, bool allowHttpOnLoopback, out Uri? address)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out address) || address.UserInfo.Length > 0 || address.Fragment.Length > 0)
            return false;
        return address.Scheme == Uri.UriSchemeHttps
            || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback && allowHttpOnLoopback);
    }

    /// <summary>OpenID Connect Discovery §4.1: a slash at the end of the issuer is removed before the path is added.</summary>
    public static Uri Discovery(string issuer) => new(issuer.TrimEnd('/') + WellKnown);
}
