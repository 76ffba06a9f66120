using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SecretsBroker.Configuration;

namespace SecretsBroker.Engines.RabbitMq;

/// <summary>RabbitMQ's management API, as far as users go.</summary>
internal sealed class ManagementApi : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024 * 1024;
    private readonly RabbitMqTargetSettings _settings;
    private readonly Lazy<HttpClient> _client;

    public ManagementApi(RabbitMqTargetSettings settings)
    {
        _settings = settings;
        // Made on first use, so that a file that is not there yet does not keep the broker from starting.
        _client = new Lazy<HttpClient>(CreateClient, LazyThreadSafetyMode.PublicationOnly);
    }

    public Task SetUserAsync(string user, string passwordHash, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Put,
        $"api/users/{user}",
        new JsonObject { ["password_hash"] = passwordHash, ["hashing_algorithm"] = PasswordHash.Algorithm, ["tags"] = "" },
        cancellationToken);

    public Task SetPermissionAsync(string user, VirtualHostPermission permission, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Put,
        $"api/permissions/{Uri.EscapeDataString(permission.VirtualHost)}/{user}",
        new JsonObject { ["configure"] = permission.Configure, ["write"] = permission.Write, ["read"] = permission.Read },
        cancellationToken);

    public Task SetTopicPermissionAsync(string user, TopicPermission permission, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Put,
        $"api/topic-permissions/{Uri.EscapeDataString(permission.VirtualHost)}/{user}",
        new JsonObject { ["exchange"] = permission.Exchange, ["write"] = permission.Write, ["read"] = permission.Read },
        cancellationToken);

    /// <summary>Succeeds when there is none.</summary>
    public Task DeleteUserAsync(string user, CancellationToken cancellationToken) =>
        FindAsync(HttpMethod.Delete, $"api/users/{user}", cancellationToken);

    /// <summary>Succeeds when there are none.</summary>
    public Task CloseConnectionsAsync(string user, CancellationToken cancellationToken) =>
        FindAsync(HttpMethod.Delete, $"api/connections/username/{user}", cancellationToken);

    public async Task<bool> HasUserAsync(string user, CancellationToken cancellationToken) =>
        await FindAsync(HttpMethod.Get, $"api/users/{user}", cancellationToken) is not null;

    /// <summary>The names of all users.</summary>
    public async Task<IReadOnlyList<string>> ListUsersAsync(CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Get, "api/users?columns=name", content: null, cancellationToken) is JsonArray users
            ? [.. users.Select(user => user?["name"]?.GetValue<string>() ?? "")]
            : throw new InvalidOperationException("users are a list");

    public async Task<bool> HasVirtualHostAsync(string name, CancellationToken cancellationToken) =>
        await FindAsync(HttpMethod.Get, $"api/vhosts/{Uri.EscapeDataString(name)}", cancellationToken) is not null;

    public async Task<int> CountConnectionsAsync(string user, CancellationToken cancellationToken) =>
        await FindAsync(HttpMethod.Get, $"api/connections/username/{user}", cancellationToken) switch
        {
            null => 0,
            JsonArray connections => connections.Count,
            _ => throw new InvalidOperationException("connections are a list"),
        };

    public Task<JsonNode?> ReadOverviewAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "api/overview", content: null, cancellationToken);

    public Task<JsonNode?> ReadOwnAccountAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "api/whoami", content: null, cancellationToken);

    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }

    /// <returns>Null when there is no such thing.</returns>
    private async Task<JsonNode?> FindAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(method, path, content: null, cancellationToken);
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonObject? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(_settings.Url, path));
        request.Headers.Authorization = Authorization();
        request.Content = content is null ? null : JsonContent.Create(content);
        using var response = await _client.Value.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return body.Length == 0 ? null : JsonNode.Parse(body);
    }

    private AuthenticationHeaderValue Authorization()
    {
        // Read at each use, so that rotating it needs no restart.
        var password = _settings.Password?.TryRead()
            ?? throw new EngineException($"its password ({_settings.Password}) cannot be read", isTransient: false);
        byte[] pair = [.. Encoding.UTF8.GetBytes($"{_settings.Username}:"), .. password];
        var header = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(pair));
        CryptographicOperations.ZeroMemory(password);
        CryptographicOperations.ZeroMemory(pair);
        return header;
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

        // The token is the limit of a call.
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxAnswerBytes };
    }
}
