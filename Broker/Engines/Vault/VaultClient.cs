using System.Net.Http.Json;
using System.Net.Security;
using System.Text.Json;
using System.Text.Json.Nodes;
using SecretsBroker.Configuration;

namespace SecretsBroker.Engines.Vault;

/// <summary>One request to Vault's HTTP API, and its answer.</summary>
internal sealed class VaultClient : IDisposable
{
    private static readonly HttpMethod _list = new("LIST");

    private readonly VaultTargetSettings _settings;
    private readonly Lazy<HttpClient> _client;

    public VaultClient(VaultTargetSettings settings)
    {
        _settings = settings;
        // Made on first use, so that a file that is not there yet does not keep the broker from starting.
        _client = new Lazy<HttpClient>(CreateClient, LazyThreadSafetyMode.PublicationOnly);
    }

    public static HttpMethod List => _list;

    /// <param name="method">Of HTTP, or <see cref="List"/>.</param>
    /// <param name="path">Below <c>/v1/</c>.</param>
    /// <param name="content">Null for none.</param>
    /// <param name="token">Null for a request that needs none.</param>
    /// <param name="cancellationToken">The limit of the call.</param>
    /// <exception cref="VaultRefusalException">The status is not one of success.</exception>
    /// <exception cref="JsonException">The answer is not JSON.</exception>
    public async Task<VaultAnswer> SendAsync(
        HttpMethod method, string path, JsonObject? content, Secret? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(_settings.Url, $"v1/{path}"));
        request.Headers.Add("X-Vault-Request", "true");
        if (token is not null)
        {
            request.Headers.Add("X-Vault-Token", token.Reveal());
        }

        if (_settings.Namespace is { } name)
        {
            request.Headers.Add("X-Vault-Namespace", name);
        }

        request.Content = content is null ? null : JsonContent.Create(content);
        using var response = await _client.Value.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.IsSuccessStatusCode
            ? await VaultAnswer.ReadAsync(response.Content, cancellationToken)
            : throw await RefusalAsync(response, cancellationToken);
    }

    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }

    private static async Task<VaultRefusalException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        try
        {
            using var answer = await VaultAnswer.ReadAsync(response.Content, cancellationToken);
            return new VaultRefusalException(status, answer.Root.GetProperty("errors").EnumerateArray().Select(error => error.GetString() ?? "").ToArray());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return new VaultRefusalException(status, errors: null);
        }
    }

    private HttpClient CreateClient()
    {
        var handler = new SocketsHttpHandler
        {
            // The token would go along.
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        if (_settings.TlsCaFile is { } file)
        {
            var trust = AuthorityFile.TryTrust(file)
                ?? throw new EngineException($"its TLS file {file} cannot be read, or holds no certificate", isTransient: false);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust };
        }

        // The token is the limit of a call.
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
