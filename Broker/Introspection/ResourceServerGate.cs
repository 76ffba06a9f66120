using SecretsBroker.Engines.Jwt;

namespace SecretsBroker.Introspection;

/// <summary>Lets in a target's resource servers, and tells everybody else, before anything of their request is read.</summary>
internal sealed class ResourceServerGate(ResourceServerAuthenticator authenticator, FailedAttempts failed)
{
    /// <returns>Who asks; or the answer to whoever is none of them.</returns>
    public async ValueTask<(ResourceServer? Server, IResult? Refusal)> EnterAsync(
        HttpContext http, IReadOnlyList<ResourceServer> servers, CancellationToken cancellationToken)
    {
        var address = AddressOf(http);
        try
        {
            if (await authenticator.AuthenticateAsync(http, servers, address, cancellationToken) is { } server)
            {
                return (server, null);
            }
        }
        catch (TooManyCallsException)
        {
            return (null, MustWait(http, seconds: "1"));
        }

        if (!failed.TryCount(address))
        {
            return (null, MustWait(http, seconds: "60"));
        }

        if (http.Response.Headers.ContainsKey(ResourceServerAuthenticator.NonceHeader))
        {
            http.Response.Headers.WWWAuthenticate = "DPoP error=\"use_dpop_nonce\"";
            return (null, TokenAnswers.Refused(StatusCodes.Status401Unauthorized, "use_dpop_nonce"));
        }

        http.Response.Headers.WWWAuthenticate = "Basic realm=\"resource servers\", Bearer, DPoP";
        return (null, TokenAnswers.Refused(StatusCodes.Status401Unauthorized, "invalid_client"));
    }

    public static string AddressOf(HttpContext http) => http.Connection.RemoteIpAddress is { } address
        ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString()
        : "";

    private static IResult MustWait(HttpContext http, string seconds)
    {
        http.Response.Headers.RetryAfter = seconds;
        return Results.StatusCode(StatusCodes.Status429TooManyRequests);
    }
}
