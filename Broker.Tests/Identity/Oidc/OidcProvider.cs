using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SecretsBroker.Client;
using SecretsBroker.Tests.Node;

namespace SecretsBroker.Tests.Identity.Oidc;

/// <summary>The npm package oidc-provider, a certified OpenID provider, on loopback. Its clients are <c>agent</c> and <c>other</c>.</summary>
internal sealed class OidcProvider : IAsyncDisposable
{
    private readonly NodeServer _node;
    private readonly HttpClient _http = new();

    private OidcProvider(NodeServer node) => _node = node;

    public string Issuer => _node.Address;

    /// <summary>Ignores the test where Node or the package cannot be had.</summary>
    public static async Task<OidcProvider> StartOrIgnoreAsync() => new(await NodeServer.StartOrIgnoreAsync("provider.mjs"));

    /// <summary>From here on it signs with another key, and its key set has no other.</summary>
    public Task RotateKeyAsync() => _node.TellAsync("rotate", "rotated");

    /// <summary>By client credentials: a JWT access token for the broker.</summary>
    /// <param name="client">Which.</param>
    /// <param name="key">Whose key it is to be bound to; null for a bearer token.</param>
    public async Task<string> AskForTokenAsync(string client, DpopKey? key = null)
    {
        var endpoint = new Uri($"{Issuer}/token");
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials" }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{client}:{client}-secret")));
        if (key is not null)
        {
            request.Headers.Add("DPoP", key.MakeProof(HttpMethod.Post, endpoint, TimeProvider.System.GetUtcNow()));
        }

        using var response = await _http.SendAsync(request);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(response.IsSuccessStatusCode, Is.True, answer.RootElement.GetRawText());
        return answer.RootElement.GetProperty("access_token").GetString()!;
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return _node.DisposeAsync();
    }
}
