using System.Diagnostics;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using SecretsBroker.Client;
using SecretsBroker.Tests.Node;

namespace SecretsBroker.Tests.Identity.Oidc;

/// <summary>The npm package oidc-provider, a certified OpenID provider, on loopback. Its clients are <c>agent</c> and <c>other</c>.</summary>
internal sealed class OidcProvider : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly Process _node;
    private readonly HttpClient _http = new();

    private OidcProvider(Process node, string issuer)
    {
        _node = node;
        Issuer = issuer;
    }

    public string Issuer { get; }

    /// <summary>Ignores the test where Node or the package cannot be had.</summary>
    public static async Task<OidcProvider> StartOrIgnoreAsync()
    {
        var script = Path.Combine(Path.GetDirectoryName(SourceFile())!, "provider.mjs");
        var node = Process.Start(new ProcessStartInfo("node", [script, NodePackages.FolderOrIgnore()])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        // What it warns of, such as plain http, would fill the pipe some day.
        node.ErrorDataReceived += (_, _) => { };
        node.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(StartLimit);
        var issuer = await node.StandardOutput.ReadLineAsync(limit.Token);
        Assert.That(issuer, Does.StartWith("http://127.0.0.1:"));
        return new OidcProvider(node, issuer!);
    }

    /// <summary>From here on it signs with another key, and its key set has no other.</summary>
    public async Task RotateKeyAsync()
    {
        await _node.StandardInput.WriteLineAsync("rotate");
        using var limit = new CancellationTokenSource(StartLimit);
        Assert.That(await _node.StandardOutput.ReadLineAsync(limit.Token), Is.EqualTo("rotated"));
    }

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

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _node.StandardInput.Close();
        await _node.WaitForExitAsync();
        _node.Dispose();
    }

    private static string SourceFile([CallerFilePath] string file = "") => file;
}
