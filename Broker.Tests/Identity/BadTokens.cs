using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Identity;

/// <summary>A broker that trusts two trust domains and three issuers, and tokens for it with one thing wrong each.</summary>
internal sealed partial class BadTokens : IDisposable
{
    private const string IssuerA = "https://issuer-a.example/";
    private const string IssuerB = "https://issuer-b.example/";

    private static readonly TestKey SvidKey = TestKey.Create("ES256", "svid");
    private static readonly TestKey SvidKey384 = TestKey.Create("ES384", "svid-384");
    private static readonly TestKey OtherDomainKey = TestKey.Create("ES256", "other-domain");
    private static readonly TestKey X509Key = TestKey.Create("ES256", "x509");
    private static readonly TestKey KeyA = TestKey.Create("RS256", "a");
    private static readonly TestKey SecondKeyA = TestKey.Create("RS256", "a2");
    private static readonly TestKey ShortKeyA = TestKey.Create("RS256", "a-short", rsaBits: 1024);
    private static readonly TestKey KeyB = TestKey.Create("RS256", "b");
    private static readonly TestKey Stranger = TestKey.Create("ES256", "stranger");

    /// <param name="listener">What nobody has a reason to connect to.</param>
    /// <param name="now">The broker's time; one of its own by default.</param>
    public BadTokens(string listener, DateTimeOffset? now = null)
    {
        Listener = listener;
        Rig = new IdentityRig(
            new SteppedTime(now),
            ("TrustDomains:0:Name", "example.org"),
            ("TrustDomains:0:BundleFile", "{folder}/example.org.json"),
            ("TrustDomains:1:Name", "other.example"),
            ("TrustDomains:1:BundleFile", "{folder}/other.example.json"),
            ("Issuers:0:Issuer", IssuerA),
            ("Issuers:0:KeyFile", "{folder}/a.json"),
            ("Issuers:0:Workload", "spiffe://oidc.example/ns/{kubernetes.io.namespace}/sa/{sub}"),
            ("Issuers:0:RequiredClaims:0:Claim", "tenant"),
            ("Issuers:0:RequiredClaims:0:Value", "42"),
            ("Issuers:0:GroupsClaim", "groups"),
            ("Issuers:0:Attributes:0:Name", "team"),
            ("Issuers:0:Attributes:0:Claim", "team"),
            ("Issuers:1:Issuer", IssuerB),
            ("Issuers:1:KeyFile", "{folder}/b.json"),
            ("Issuers:1:Workload", "spiffe://oidc.example/b/{sub}"),
            // Would be asked for its keys, were a bad token worth it.
            ("AllowHttpOnLoopback", "true"),
            ("Issuers:2:Issuer", listener),
            ("Issuers:2:Workload", "spiffe://oidc.example/c/{sub}"));

        var bundle = JsonNode.Parse(TestTokens.Bundle(1, SvidKey, SvidKey384))!;
        bundle["keys"]!.AsArray().Add(X509Key.ToJwk("x509-svid"));
        Rig.Write("example.org.json", bundle.ToJsonString());
        Rig.Write("other.example.json", TestTokens.Bundle(1, OtherDomainKey));
        Rig.Write("a.json", TestTokens.KeySet(KeyA, SecondKeyA, ShortKeyA));
        Rig.Write("b.json", TestTokens.KeySet(KeyB));
    }

    public IdentityRig Rig { get; }

    private string Listener { get; }

    public string Svid(Action<JsonObject>? payload = null, Action<JsonObject>? header = null, TestKey? key = null)
    {
        var claims = Rig.SvidClaims("spiffe://example.org/agent");
        payload?.Invoke(claims);
        return TestTokens.Mint(key ?? SvidKey, claims, header);
    }

    public string Oidc(Action<JsonObject>? payload = null, Action<JsonObject>? header = null, TestKey? key = null)
    {
        var claims = Rig.OidcClaims(IssuerA, "builder");
        claims["tenant"] = 42;
        claims["kubernetes.io"] = new JsonObject { ["namespace"] = "prod" };
        claims["groups"] = new JsonArray("builders");
        payload?.Invoke(claims);
        return TestTokens.Mint(key ?? KeyA, claims, header);
    }

    public void Dispose() => Rig.Dispose();

    private long Seconds(double fromNow) => Rig.Time.GetUtcNow().AddSeconds(fromNow).ToUnixTimeSeconds();

    private string SvidText(Func<string, string> change) =>
        TestTokens.Mint(SvidKey, Header(SvidKey), change(Rig.SvidClaims("spiffe://example.org/agent").ToJsonString()));

    private static string Header(TestKey key) => $$"""{"alg":"{{key.Algorithm}}","kid":"{{key.KeyId}}"}""";

    private static string Part(string token, int index, Func<string, string> change)
    {
        var parts = token.Split('.');
        parts[index] = change(parts[index]);
        return string.Join('.', parts);
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    // The last character of a 64-byte signature carries four bits that mean nothing.
    private static string OtherSpelling(string part)
    {
        const string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return part[..^1] + digits[digits.IndexOf(part[^1], StringComparison.Ordinal) + 1];
    }

    private string SignedWithPublicKey()
    {
        var signed = $"{Encode("""{"alg":"HS256","kid":"svid"}""")}.{Encode(Rig.SvidClaims("spiffe://example.org/agent").ToJsonString())}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(SvidKey.ExportPublicKey(), Encoding.ASCII.GetBytes(signed)))}";
    }

    private string SignedInDer()
    {
        var signed = $"{Encode(Header(SvidKey))}.{Encode(Rig.SvidClaims("spiffe://example.org/agent").ToJsonString())}";
        var signature = SvidKey.Sign(Encoding.ASCII.GetBytes(signed), DSASignatureFormat.Rfc3279DerSequence);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }
}
