using System.Text.Json.Nodes;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Approvals;

/// <summary>People with groups: an issuer whose tokens the broker maps to <c>spiffe://people.example/NAME</c>.</summary>
internal sealed class People
{
    public const string Issuer = "https://login.people.example";

    private const string InitiatorAudience = "people-app";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

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
            ("Identity:Initiators:0:Issuer", Issuer),
            ("Identity:Initiators:0:Audiences:0", InitiatorAudience),
            ("Identity:Initiators:0:KeyFile", sandbox.PathOf("people.jwks")),
            ("Identity:Initiators:0:NameClaim", "name"),
        ];
    }

    /// <summary>By which somebody calls.</summary>
    public string TokenOf(string name, params string[] groups) => TokenOf(name, Lifetime, groups);

    /// <inheritdoc cref="TokenOf(string, string[])"/>
    public string TokenOf(string name, TimeSpan lifetime, params string[] groups) => Mint(name, Sandbox.Audience, lifetime, groups);

    /// <summary>By which a task shows that it is done for somebody.</summary>
    public string InitiatorTokenOf(string name) => Mint(name, InitiatorAudience, Lifetime, []);

    private string Mint(string name, string audience, TimeSpan lifetime, string[] groups)
    {
        var now = TimeProvider.System.GetUtcNow();
        return TestTokens.Mint(_key, new JsonObject
        {
            ["iss"] = Issuer,
            ["sub"] = name,
            ["aud"] = audience,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + lifetime).ToUnixTimeSeconds(),
            ["email"] = $"{name}@example.org",
            ["groups"] = new JsonArray([.. groups.Select(group => JsonValue.Create(group))]),
        });
    }
}
