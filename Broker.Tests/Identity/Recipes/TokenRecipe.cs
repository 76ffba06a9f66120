using System.Text.Json.Nodes;
using SecretsBroker.Configuration;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Identity.Recipes;

/// <summary>A broker that is configured as one block of <c>docs/token-recipes.md</c> says, with the issuer's keys from a file.</summary>
internal sealed class TokenRecipe : IDisposable
{
    private readonly TestKey _key = TestKey.Create("RS256", "issuer");
    private readonly IdentityRig _rig;

    /// <param name="name">In the block's first line.</param>
    public TokenRecipe(string name)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "broker.yaml");
        File.WriteAllText(file, BlockOf(name));
        var settings = YamlConfiguration.Read(file);
        Assert.That(KnownSettings.FindFaults(settings), Is.Empty);
        Issuer = settings["Identity:Issuers:0:Issuer"]!;
        Audience = settings.GetValueOrDefault("Identity:Issuers:0:Audiences:0") ?? settings["Identity:Audiences:0"]!;
        _rig = new IdentityRig(
        [
            .. settings.Select(setting => (setting.Key["Identity:".Length..], setting.Value!)),
            ("Issuers:0:KeyFile", "{folder}/keys.json"),
        ]);
        _rig.Write("keys.json", TestTokens.KeySet(_key));
    }

    public string Issuer { get; }

    public string Audience { get; }

    /// <summary>The workload that a token with these claims stands for, or the fault.</summary>
    public async Task<string> TryAsync(string claims, Action<JsonObject>? change = null)
    {
        var now = _rig.Time.GetUtcNow().ToUnixTimeSeconds();
        var payload = JsonNode.Parse(claims)!.AsObject();
        payload["iss"] ??= Issuer;
        payload["aud"] ??= Audience;
        payload["iat"] = now;
        payload["exp"] = now + 300;
        change?.Invoke(payload);
        var result = await _rig.Authenticate(TestTokens.Mint(_key, payload));
        return result.Workload is { } workload
            ? string.Join(' ', [workload.Id.Value, .. workload.Attributes.OrderBy(claim => claim.Key, StringComparer.Ordinal).Select(claim => $"{claim.Key}={claim.Value}")])
            : result.Fault.ToString();
    }

    public void Dispose() => _rig.Dispose();

    private static string BlockOf(string name)
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "token-recipes.md")).ReplaceLineEndings("\n");
        var start = page.IndexOf($"```yaml\n# {name}\n", StringComparison.Ordinal);
        Assert.That(start, Is.Not.Negative, $"the page has no block {name}");
        start += "```yaml\n".Length;
        return page[start..page.IndexOf("```", start, StringComparison.Ordinal)];
    }
}
