using System.Text.Json;
using SecretsBroker.Identity.Tokens;

namespace SecretsBroker.Identity.Keys;

/// <summary>
/// Fetches an issuer's keys by OpenID Connect Discovery. Follows no redirect, keeps no cookie, unpacks nothing, and reads no
/// more than a limit: what the address in the configuration says is all that is trusted.
/// </summary>
internal sealed class DiscoveryClient : IDisposable
{
    private const int MaxAnswerLength = 512 * 1024;

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxResponseHeadersLength = 16,
        // Issuers move; a name must be looked up again at some time.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        MaxResponseContentBufferSize = MaxAnswerLength,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <exception cref="KeySourceException">The answer cannot be used.</exception>
    /// <exception cref="HttpRequestException">There was none, or it was too long.</exception>
    public async Task<KeyRing> FetchKeysAsync(string issuer, bool allowHttpOnLoopback, CancellationToken cancellationToken)
    {
        var configuration = await GetAsync(IssuerAddress.Discovery(issuer), "discovery document", cancellationToken);
        var address = ReadKeyAddress(configuration, issuer, allowHttpOnLoopback);
        return JwkSetReader.Read(await GetAsync(address, "key set", cancellationToken), KeyUse.Signature);
    }

    public void Dispose() => _http.Dispose();

    private async Task<byte[]> GetAsync(Uri address, string what, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.ParseAdd("application/json");
        using var response = await _http.SendAsync(request, cancellationToken);
        if (response.StatusCode != System.Net.HttpStatusCode.OK)
            throw new KeySourceException($"the {what} was answered with status {(int)response.StatusCode}");
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    private static Uri ReadKeyAddress(byte[] configuration, string issuer, bool allowHttpOnLoopback)
    {
        if (StrictJson.TryRead(configuration, out var document) is not null)
            throw new KeySourceException("the discovery document is not a JSON object with each member once");
        using (document)
        {
            // Discovery §4.3: otherwise one provider could answer with another one's keys.
            if (Text(document!, "issuer") != issuer)
                throw new KeySourceException("the discovery document is of another issuer");
            return IssuerAddress.IsAllowed(Text(document!, "jwks_uri"), allowHttpOnLoopback, out var address)
                ? address!
                : throw new KeySourceException("the discovery document has no https address of a key set");
        }
    }

    private static string? Text(JsonDocument document, string name) =>
        document.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
