using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SecretsBroker.Configuration;

namespace SecretsBroker.Engines.OAuth;

/// <summary>The server's endpoints, as its client. Answers are short, redirects are not followed, and the token is the limit of a call.</summary>
internal sealed class AuthorizationServer : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;
    private const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    private readonly OAuthTargetSettings _settings;
    private readonly OAuthAssertions _assertions;
    private readonly Lazy<HttpClient> _client;

    public AuthorizationServer(OAuthTargetSettings settings, OAuthAssertions assertions)
    {
        (_settings, _assertions) = (settings, assertions);
        // Made on first use, so that a file that is not there yet does not keep the broker from starting.
        _client = new Lazy<HttpClient>(CreateClient, LazyThreadSafetyMode.PublicationOnly);
    }

    public async Task<TokenAnswer> AskAsync(TokenForm form, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(_settings.TokenEndpoint, form, cancellationToken);
        try
        {
            return TokenAnswer.Parse(answer);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(answer);
        }
    }

    /// <summary>RFC 7009: succeeds also when there is no such token.</summary>
    public async Task RevokeAsync(string token, CancellationToken cancellationToken) =>
        CryptographicOperations.ZeroMemory(await SendAsync(_settings.RevocationEndpoint!, TokenForm.About(token), cancellationToken));

    /// <summary>RFC 7662.</summary>
    public async Task<bool> IsActiveAsync(string token, CancellationToken cancellationToken)
    {
        var body = await SendAsync(_settings.IntrospectionEndpoint!, TokenForm.About(token), cancellationToken);
        try
        {
            using var answer = JsonDocument.Parse(body);
            return answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty("active", out var active)
                && active.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? active.GetBoolean()
                : throw new JsonException();
        }
        catch (InvalidOperationException)
        {
            // So is called what is not UTF-8.
            throw new JsonException();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
        }
    }

    /// <summary>Whether the server takes the broker for its client: asked with a token that is none, or for nothing.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var nothing = RandomNumberGenerator.GetHexString(32);
        if (_settings.IntrospectionEndpoint is not null)
        {
            await IsActiveAsync(nothing, cancellationToken);
        }

        if (_settings.RevocationEndpoint is not null)
        {
            await RevokeAsync(nothing, cancellationToken);
            return;
        }

        try
        {
            await SendAsync(_settings.TokenEndpoint, TokenForm.ForNothing(), cancellationToken);
        }
        catch (OAuthRefusalException e) when (e is { Status: 400, Code: "unsupported_grant_type" or "unauthorized_client" or "invalid_request" })
        {
            // It knows the client, and not what it was asked.
        }
    }

    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }

    private async Task<byte[]> SendAsync(Uri endpoint, TokenForm form, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Content = new FormUrlEncodedContent(Authenticated(request, form).Fields);
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

    private TokenForm Authenticated(HttpRequestMessage request, TokenForm form)
    {
        switch (_settings.ClientAuthentication)
        {
            case ClientAuthentication.PrivateKeyJwt:
                return form.With(
                    ("client_id", _settings.ClientId), ("client_assertion_type", AssertionType), ("client_assertion", _assertions.OfClient()));
            case ClientAuthentication.SecretPost:
                return form.With(("client_id", _settings.ClientId), ("client_secret", ReadSecret()));
            default:
                // RFC 6749 §2.3.1: form-encoded, because either may hold a colon.
                var pair = Encoding.ASCII.GetBytes($"{Encode(_settings.ClientId)}:{Encode(ReadSecret())}");
                request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(pair));
                CryptographicOperations.ZeroMemory(pair);
                return form;
        }
    }

    private string ReadSecret()
    {
        // Read at each use, so that rotating it needs no restart.
        var secret = _settings.ClientSecret?.TryRead()
            ?? throw new EngineException($"its client secret ({_settings.ClientSecret}) cannot be read", isTransient: false);
        var text = Encoding.UTF8.GetString(secret);
        CryptographicOperations.ZeroMemory(secret);
        return text;
    }

    private static string Encode(string text) => Uri.EscapeDataString(text);

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
