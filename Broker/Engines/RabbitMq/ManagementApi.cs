using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SecretsBroker.Engines.Http;

namespace SecretsBroker.Engines.RabbitMq;

/// <summary>RabbitMQ's management API, as far as users go.</summary>
internal sealed class ManagementApi(RabbitMqTargetSettings settings) : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024 * 1024;

    private readonly ApiClient _client = new(settings.TlsCaFile, MaxAnswerBytes);

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

    public void Dispose() => _client.Dispose();

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
        using var request = new HttpRequestMessage(method, new Uri(settings.Url, path));
        request.Headers.Authorization = Authorization();
        request.Content = content is null ? null : JsonContent.Create(content);
        using var response = await _client.Http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return body.Length == 0 ? null : JsonNode.Parse(body);
    }

    private AuthenticationHeaderValue Authorization()
    {
        // Read at each use, so that rotating it needs no restart.
        var password = settings.Password?.TryRead()
            ?? throw new EngineException($"its password ({settings.Password}) cannot be read", isTransient: false);
        byte[] pair = [.. Encoding.UTF8.GetBytes($"{settings.Username}:"), .. password];
        var header = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(pair));
        CryptographicOperations.ZeroMemory(password);
        CryptographicOperations.ZeroMemory(pair);
        return header;
    }
}
