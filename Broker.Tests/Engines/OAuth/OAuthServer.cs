using System.Text.Json;
using SecretsBroker.Tests.Node;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>
/// The npm package oidc-provider, a certified OpenID provider, as an authorization server on loopback. The broker is its client
/// <c>broker-basic</c>, <c>broker-post</c> or, once its key is trusted, <c>broker-key</c>.
/// </summary>
internal sealed class OAuthServer : IAsyncDisposable
{
    public const string Invoices = "https://invoices.example/api";
    public const string Reports = "https://reports.example/api";
    public const string Archive = "https://archive.example/api";

    private readonly NodeServer _node;
    private readonly HttpClient _http = new();

    private OAuthServer(NodeServer node) => _node = node;

    public string Issuer => _node.Address;

    public string TokenEndpoint => $"{Issuer}/token";

    public string RevocationEndpoint => $"{Issuer}/token/revocation";

    public string IntrospectionEndpoint => $"{Issuer}/token/introspection";

    /// <summary>Ignores the test where Node or the package cannot be had.</summary>
    public static async Task<OAuthServer> StartOrIgnoreAsync() => new(await NodeServer.StartOrIgnoreAsync("authorization-server.mjs"));

    /// <summary>Lets so much time pass at the server.</summary>
    public Task AdvanceAsync(TimeSpan time) => _node.TellAsync(JsonSerializer.Serialize(new { ahead = time.TotalMilliseconds }), "ahead");

    public static string SecretOf(string client) => $"{client} secret of+some%20length: 0123456789";

    /// <summary>From here on it believes what these keys sign.</summary>
    public Task TrustAsync(string keySet) => _node.TellAsync(keySet.ReplaceLineEndings(""), "trusted");

    /// <summary>What a resource server is told of a token.</summary>
    public async Task<JsonElement> IntrospectAsync(string token, CancellationToken cancellationToken = default)
    {
        using var response = await _http.PostAsync(
            IntrospectionEndpoint,
            new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["client_id"] = "resource-server",
                ["client_secret"] = SecretOf("resource-server"),
                ["token"] = token,
            }),
            cancellationToken);
        var answer = await response.Content.ReadAsStringAsync(cancellationToken);
        Assert.That(response.IsSuccessStatusCode, Is.True, answer);
        return JsonDocument.Parse(answer).RootElement;
    }

    public async Task<bool> IsActiveAsync(string token, CancellationToken cancellationToken = default) =>
        (await IntrospectAsync(token, cancellationToken)).GetProperty("active").GetBoolean();

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return _node.DisposeAsync();
    }
}
