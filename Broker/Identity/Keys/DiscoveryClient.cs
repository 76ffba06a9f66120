using System.Text.Json;
using SecretsBroker.Identity.Tokens;

namespace SecretsBroker.Identity.Keys;

/// <summary>Fetches an issuer's keys by OpenID Connect Discovery.</summary>
internal sealed class DiscoveryClient : IDisposable
{
    private const int MaxAnswerLength = 512 * 1024;

    private readonly HttpClient _http;

    public DiscoveryClient()
    {
        var handler = BoundedHttp.CreateHandler();
        // Issuers move; a name must be looked up again at some time.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        _http = BoundedHttp.CreateClient(handler, MaxAnswerLength);
    }

    /// <exception cref="KeySourceException">The answer cannot be used.</exception>
    /// <exception cref="HttpRequestException">There was none, or it was too long.</exception>
    public async Task<KeyRing> FetchKeysAsync(string issuer, bool allowHttpOnLoopback, CancellationToken cancellationToken)
    {
        var configuration = await GetAsync(IssuerAddress.Discovery(issuer), "discovery document", cancellationToken);
        var address = ReadKeyAddress(configuration, issuer, allowHttpOnLoopback);
        return JwkSetReader.Read(await GetAsync(address, "key set", cancellationToken), KeyUse.Signature);
    }

    public void Dispose() => _http.Dispose();

    private Task<byte[]> GetAsync(Uri address, string what, CancellationToken cancellationToken) =>
        BoundedHttp.GetAsync(_http, address, what, cancellationToken);

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
