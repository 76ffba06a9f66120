using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Text.Json;
using SecretsBroker.Configuration;

namespace SecretsBroker.Engines.OAuth;

/// <summary>HTTP to an authorization server. Answers are short, redirects are not followed, and the token is the limit of a call.</summary>
internal sealed class ServerConnection : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;

    private readonly OAuthTargetSettings _settings;
    private readonly Lazy<HttpClient> _client;

    public ServerConnection(OAuthTargetSettings settings)
    {
        _settings = settings;
        // Made on first use, so that a file that is not there yet does not keep the broker from starting.
        _client = new Lazy<HttpClient>(CreateClient, LazyThreadSafetyMode.PublicationOnly);
    }

    /// <returns>The body of the answer.</returns>
    /// <exception cref="OAuthRefusalException">Its status is another than 200.</exception>
    public async Task<byte[]> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await _client.Value.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if ((int)response.StatusCode == 200)
        {
            return body;
        }

        var code = ReadCode(body);
        CryptographicOperations.ZeroMemory(body);
        throw OAuthRefusalException.Of((int)response.StatusCode, code);
    }

    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }

    private static string? ReadCode(byte[] body)
    {
        try
        {
            using var answer = JsonDocument.Parse(body);
            return answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty("error", out var code)
                && code.ValueKind == JsonValueKind.String
                ? code.GetString()
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private HttpClient CreateClient()
    {
        var handler = new SocketsHttpHandler
        {
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

        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxAnswerBytes };
    }
}
