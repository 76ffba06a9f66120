using SecretsBroker.Engines.Jwt;

namespace SecretsBroker.Introspection;

/// <summary>Lets in a target's resource servers, and tells everybody else, before anything of their request is read.</summary>
internal sealed class ResourceServerGate(ResourceServerAuthenticator authenticator, FailedAttempts failed)
{
    /// <returns>Who asks; or the answer to whoever is none of them.</returns>
    public async ValueTask<(ResourceServer? Server, IResult? Refusal)> EnterAsync(HttpContext http, IReadOnlyList<ResourceServer> servers)
    {
        var address = AddressOf(http);
        if (await authenticator.AuthenticateAsync(http, servers, address) is { } server)
        {
            return (server, null);
        }

        if (http.Response.Headers.ContainsKey(ResourceServerAuthenticator.NonceHeader))
        {
            http.Response.Headers.WWWAuthenticate = "DPoP error=\"use_dpop_nonce\"";
            return (null, TokenAnswers.Refused(StatusCodes.Status401Unauthorized, "use_dpop_nonce"));
        }

        if (!failed.TryCount(address))
        {
            http.Response.Headers.RetryAfter = "60";
            return (null, Results.StatusCode(StatusCodes.Status429TooManyRequests));
        }

        http.Response.Headers.WWWAuthenticate = "Basic realm=\"resource servers\", Bearer, DPoP";
        return (null, TokenAnswers.Refused(StatusCodes.Status401Unauthorized, "invalid_client"));
    }

    public static string AddressOf(HttpContext http) => http.Connection.RemoteIpAddress is { } address
        ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString()
        : "";
}
