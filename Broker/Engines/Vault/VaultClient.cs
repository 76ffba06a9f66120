using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using SecretsBroker.Engines.Http;

namespace SecretsBroker.Engines.Vault;

/// <summary>One request to Vault's HTTP API, and its answer.</summary>
internal sealed class VaultClient(VaultTargetSettings settings) : IDisposable
{
    private static readonly HttpMethod _list = new("LIST");

    private readonly ApiClient _client = new(settings.TlsCaFile, VaultAnswer.MaxBytes);

    public static HttpMethod List => _list;

    /// <param name="method">Of HTTP, or <see cref="List"/>.</param>
    /// <param name="path">Below <c>/v1/</c>.</param>
    /// <param name="content">Null for none.</param>
    /// <param name="token">Null for a request that needs none.</param>
    /// <param name="cancellationToken">The limit of the call.</param>
    /// <exception cref="VaultRefusalException">The status is not one of success.</exception>
    /// <exception cref="JsonException">The answer is not JSON.</exception>
    /// <exception cref="HttpRequestException">There is none, or it is too long.</exception>
    public async Task<VaultAnswer> SendAsync(
        HttpMethod method, string path, JsonObject? content, Secret? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(settings.Url, $"v1/{path}"));
        request.Headers.Add("X-Vault-Request", "true");
        if (token is not null)
        {
            request.Headers.Add("X-Vault-Token", token.Reveal());
        }

        if (settings.Namespace is { } name)
        {
            request.Headers.Add("X-Vault-Namespace", name);
        }

        request.Content = content is null ? null : JsonContent.Create(content);
        using var response = await _client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.IsSuccessStatusCode
            ? await VaultAnswer.ReadAsync(response.Content, cancellationToken)
            : throw await RefusalAsync(response, cancellationToken);
    }

    public void Dispose() => _client.Dispose();

    private static async Task<VaultRefusalException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        try
        {
            using var answer = await VaultAnswer.ReadAsync(response.Content, cancellationToken);
            return new VaultRefusalException(status, answer.Root.GetProperty("errors").EnumerateArray().Select(error => error.GetString() ?? "").ToArray());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException
            or HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded })
        {
            return new VaultRefusalException(status, errors: null);
        }
    }
}
