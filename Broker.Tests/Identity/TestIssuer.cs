using System.Security.Cryptography;
using System.Text.Json.Nodes;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Identity;

/// <summary>An issuer whose keys lie in a file, for a whole broker: its settings, and tokens of real time.</summary>
internal sealed class TestIssuer : IDisposable
{
    public const string Name = "https://issuer.example/";

    /// <summary>Of its people's tokens.</summary>
    public const string PeopleAudience = "portal";

    private readonly TemporaryFolder _folder = new();
    private readonly TestKey _key = TestKey.Create("ES256", "issuer");

    public TestIssuer()
    {
        KeyFile = Path.Combine(_folder.Path, "issuer.json");
        TestTokens.Replace(KeyFile, TestTokens.KeySet(_key));
    }

    public string KeyFile { get; }

    /// <summary>Its workloads are <c>spiffe://example.org/SUB</c>.</summary>
    public void AddTo(TestBrokerOptions options)
    {
        options.Settings["Identity:Issuers:0:Issuer"] = Name;
        options.Settings["Identity:Issuers:0:KeyFile"] = KeyFile;
        options.Settings["Identity:Issuers:0:Workload"] = "spiffe://example.org/{sub}";
    }

    /// <summary>Its people are initiators: an audience of their own, names and groups.</summary>
    public void AddInitiatorsTo(TestBrokerOptions options)
    {
        options.Settings["Identity:Initiators:0:Issuer"] = Name;
        options.Settings["Identity:Initiators:0:KeyFile"] = KeyFile;
        options.Settings["Identity:Initiators:0:Audiences:0"] = PeopleAudience;
        options.Settings["Identity:Initiators:0:NameClaim"] = "email";
        options.Settings["Identity:Initiators:0:GroupsClaim"] = "groups";
    }

    /// <summary>An ID token of a person, of five minutes.</summary>
    public string MintPerson(string subject, Action<JsonObject>? change = null, TestKey? key = null)
    {
        var claims = TestTokens.SvidClaims(subject, PeopleAudience, TimeProvider.System.GetUtcNow());
        claims["iss"] = Name;
        claims["email"] = $"{subject}@example.org";
        claims["groups"] = new JsonArray("finance");
        change?.Invoke(claims);
        return TestTokens.Mint(key ?? _key, claims);
    }

    /// <summary>A token with an id of its own, of five minutes.</summary>
    /// <param name="subject">Whose.</param>
    /// <param name="boundTo">The key's thumbprint; null for a bearer token.</param>
    /// <param name="change">Changes its claims.</param>
    public string Mint(string subject, string? boundTo = null, Action<JsonObject>? change = null)
    {
        var claims = TestTokens.SvidClaims(subject, TestBroker.Audience, TimeProvider.System.GetUtcNow());
        claims["iss"] = Name;
        claims["jti"] = RandomNumberGenerator.GetHexString(32);
        if (boundTo is not null)
        {
            claims["cnf"] = new JsonObject { ["jkt"] = boundTo };
        }

        change?.Invoke(claims);
        return TestTokens.Mint(_key, claims);
    }

    public void Dispose() => _folder.Dispose();
}
