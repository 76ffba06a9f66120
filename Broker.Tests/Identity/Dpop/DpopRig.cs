using System.Text.Json.Nodes;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Identity.Dpop;

/// <summary>A broker that trusts one issuer, tokens of it that are bound to a key, and calls with them.</summary>
internal sealed class DpopRig : IDisposable
{
    public const string Origin = "https://broker.example.org:7443";
    public const string Path = "/secretsbroker.v1.LeaseService/IssueLease";
    public const string Url = Origin + Path;

    private const string Issuer = "https://issuer.example/";

    private static readonly TestKey IssuerKey = TestKey.Create("ES256", "issuer");

    public DpopRig(params (string Setting, string Value)[] settings)
        : this(new SteppedTime(), settings)
    {
    }

    public DpopRig(SteppedTime time, params (string Setting, string Value)[] settings)
    {
        Rig = new IdentityRig(
            time,
        [
            ("Issuers:0:Issuer", Issuer),
            ("Issuers:0:KeyFile", "{folder}/issuer.json"),
            ("Issuers:0:Workload", "spiffe://example.org/{sub}"),
            .. settings,
        ]);
        Rig.Write("issuer.json", TestTokens.KeySet(IssuerKey));
    }

    /// <summary>The key of the caller.</summary>
    public static TestKey Key { get; } = TestKey.Create("ES256", "caller");

    /// <summary>Another one's.</summary>
    public static TestKey Stranger { get; } = TestKey.Create("ES256", "stranger");

    public IdentityRig Rig { get; }

    /// <param name="key">What it is bound to; null for a bearer token.</param>
    /// <param name="change">Changes its claims.</param>
    public string Token(TestKey? key, Action<JsonObject>? change = null)
    {
        var claims = Rig.OidcClaims(Issuer, "agent");
        if (key is not null)
            claims["cnf"] = new JsonObject { ["jkt"] = key.Thumbprint };
        change?.Invoke(claims);
        return TestTokens.Mint(IssuerKey, claims);
    }

    public string Proof(
        string token, Action<JsonObject>? payload = null, Action<JsonObject>? header = null, TestKey? key = null, TestKey? signer = null) =>
        TestProofs.Make(key ?? Key, token, Url, Rig.Time.GetUtcNow(), payload, header, signer);

    /// <summary>One call of <see cref="Path"/> at <see cref="Origin"/>.</summary>
    public async ValueTask<AuthenticationResult> CallAsync(string authorization, string? proof)
    {
        var result = await Rig.Authenticator.AuthenticateAsync(
            new CallerCredentials(authorization) { Proof = proof, Origin = Origin, Path = Path }, CancellationToken.None);
        return result.Proof is { } use && !await Rig.Dpop.TryUseAsync(use, CancellationToken.None)
            ? AuthenticationResult.Failed(AuthenticationFault.ProofReplayed, result.Authority)
            : result;
    }

    public void Dispose() => Rig.Dispose();
}
