using System.Diagnostics;
using System.Runtime.CompilerServices;
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

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly Process _node;
    private readonly HttpClient _http = new();

    private OAuthServer(Process node, string issuer)
    {
        _node = node;
        Issuer = issuer;
    }

    public string Issuer { get; }

    public string TokenEndpoint => $"{Issuer}/token";

    public string RevocationEndpoint => $"{Issuer}/token/revocation";

    public string IntrospectionEndpoint => $"{Issuer}/token/introspection";

    /// <summary>Ignores the test where Node or the package cannot be had.</summary>
    public static async Task<OAuthServer> StartOrIgnoreAsync()
    {
        var script = Path.Combine(Path.GetDirectoryName(SourceFile())!, "authorization-server.mjs");
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
        return new OAuthServer(node, issuer!);
    }

    public static string SecretOf(string client) => $"{client} secret of+some%20length: 0123456789";

    /// <summary>From here on it believes what these keys sign.</summary>
    public async Task TrustAsync(string keySet)
    {
        await _node.StandardInput.WriteLineAsync(keySet.ReplaceLineEndings(""));
        using var limit = new CancellationTokenSource(StartLimit);
        Assert.That(await _node.StandardOutput.ReadLineAsync(limit.Token), Is.EqualTo("trusted"));
    }

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

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _node.StandardInput.Close();
        await _node.WaitForExitAsync();
        _node.Dispose();
    }

    private static string SourceFile([CallerFilePath] string file = "") => file;
}
