using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SecretsBroker.Engines.OAuth;

/// <summary>The server's endpoints, as its client.</summary>
internal sealed class AuthorizationServer(OAuthTargetSettings settings, OAuthAssertions assertions, ServerConnection connection)
{
    private const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    public async Task<TokenAnswer> AskAsync(ServerEndpoints endpoints, TokenForm form, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(endpoints.Token, form, cancellationToken);
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
    public async Task RevokeAsync(Uri endpoint, string token, CancellationToken cancellationToken) =>
        CryptographicOperations.ZeroMemory(await SendAsync(endpoint, TokenForm.About(token), cancellationToken));

    /// <summary>RFC 7662.</summary>
    public async Task<bool> IsActiveAsync(Uri endpoint, string token, CancellationToken cancellationToken)
    {
        var body = await SendAsync(endpoint, TokenForm.About(token), cancellationToken);
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
    public async Task CheckAsync(ServerEndpoints endpoints, CancellationToken cancellationToken)
    {
        var nothing = RandomNumberGenerator.GetHexString(32);
        if (endpoints.Introspection is { } introspection)
        {
            await IsActiveAsync(introspection, nothing, cancellationToken);
        }

        if (endpoints.Revocation is { } revocation)
        {
            await RevokeAsync(revocation, nothing, cancellationToken);
            return;
        }

        try
        {
            await SendAsync(endpoints.Token, TokenForm.ForNothing(), cancellationToken);
        }
        catch (OAuthRefusalException e) when (e is { Status: 400, Code: "unsupported_grant_type" or "unauthorized_client" or "invalid_request" })
        {
            // It knows the client, and not what it was asked.
        }
    }

    private async Task<byte[]> SendAsync(Uri endpoint, TokenForm form, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint);
        request.Content = new FormUrlEncodedContent(Authenticated(request, form).Fields);
        return await connection.SendAsync(request, cancellationToken);
    }

    private TokenForm Authenticated(HttpRequestMessage request, TokenForm form)
    {
        switch (settings.ClientAuthentication)
        {
            case ClientAuthentication.PrivateKeyJwt:
                return form.With(
                    ("client_id", settings.ClientId), ("client_assertion_type", AssertionType), ("client_assertion", assertions.OfClient()));
            case ClientAuthentication.TlsCertificate:
                return form.With(("client_id", settings.ClientId));
            case ClientAuthentication.SecretPost:
                return form.With(("client_id", settings.ClientId), ("client_secret", ReadSecret()));
            default:
                // RFC 6749 §2.3.1: form-encoded, because either may hold a colon.
                var pair = Encoding.ASCII.GetBytes($"{Encode(settings.ClientId)}:{Encode(ReadSecret())}");
                request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(pair));
                CryptographicOperations.ZeroMemory(pair);
                return form;
        }
    }

    private string ReadSecret()
    {
        // Read at each use, so that rotating it needs no restart.
        var secret = settings.ClientSecret?.TryRead()
            ?? throw new EngineException($"its client secret ({settings.ClientSecret}) cannot be read", isTransient: false);
        var text = Encoding.UTF8.GetString(secret);
        CryptographicOperations.ZeroMemory(secret);
        return text;
    }

    private static string Encode(string text) => Uri.EscapeDataString(text);
}
