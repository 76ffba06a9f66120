using System.Text.Json.Nodes;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Approvals;

/// <summary>People with groups: an issuer whose tokens the broker maps to <c>spiffe://people.example/NAME</c>.</summary>
internal sealed class People
{
    private const string Issuer = "https://login.people.example";

    private readonly TestKey _key = TestKey.Create("ES256", "people");

    public static string IdOf(string name) => $"spiffe://people.example/{name}";

    /// <summary>Settings that let them in; the issuer's keys lie in the sandbox.</summary>
    public (string Key, object Value)[] Settings(Sandbox sandbox)
    {
        File.WriteAllText(sandbox.PathOf("people.jwks"), TestTokens.KeySet(_key));
        return
        [
            ("Identity:Issuers:0:Issuer", Issuer),
            ("Identity:Issuers:0:KeyFile", sandbox.PathOf("people.jwks")),
            ("Identity:Issuers:0:Workload", IdOf("{sub}")),
            ("Identity:Issuers:0:GroupsClaim", "groups"),
            ("Identity:Issuers:0:Attributes:0:Name", "email"),
            ("Identity:Issuers:0:Attributes:0:Claim", "email"),
        ];
    }

    public string TokenOf(string name, params string[] groups)
    {
        var now = TimeProvider.System.GetUtcNow();
        return TestTokens.Mint(_key, new JsonObject
        {
            ["iss"] = Issuer,
            ["sub"] = name,
            ["aud"] = Sandbox.Audience,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddMinutes(30).ToUnixTimeSeconds(),
            ["email"] = $"{name}@example.org",
            ["groups"] = new JsonArray([.. groups.Select(group => JsonValue.Create(group))]),
        });
    }
}
