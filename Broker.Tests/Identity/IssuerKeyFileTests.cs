using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Identity;

internal sealed class IssuerKeyFileTests
{
    private const string Issuer = "https://issuer.example.org";
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly TestKey _first = TestKey.Create("ES256", "first");
    private readonly TestKey _second = TestKey.Create("ES256", "second");
    private IdentityRig _rig = null!;

    [SetUp]
    public async Task Start()
    {
        _rig = new IdentityRig(
            ("Issuers:0:Issuer", Issuer),
            ("Issuers:0:KeyFile", "{folder}/keys.json"),
            ("Issuers:0:Workload", "spiffe://example.org/{sub}"));
        Replace(TestTokens.KeySet(_first));
        await Expect(_first, AuthenticationFault.None);
    }

    [TearDown]
    public void Stop() => _rig.Dispose();

    [TestCase("1")]
    [TestCase("""{"kty":1}""")]
    [TestCase("""{"kty":"EC","key_ops":[1]}""")]
    [TestCase("""{"kty":"EC","key_ops":[null,["verify"]]}""")]
    [TestCase("""{"kty":"EC","key_ops":{}}""")]
    [TestCase("""{"kty":"EC","crv":"P-256","x":"","y":""}""")]
    [TestCase("""{"kty":"EC","crv":"P-256","x":"AA","y":"AAAA"}""")]
    [TestCase("""{"kty":"RSA","n":"","e":""}""")]
    [TestCase("""{"kty":"RSA","n":"AQAB","e":[]}""")]
    [TestCase("""{"kty":"RSA","n":"AAAA","e":"AA"}""")]
    public async Task Odd_entry_is_passed_over_and_the_others_count(string entry)
    {
        Replace(TestTokens.KeySet(_second).Replace("[", $"[{entry},", StringComparison.Ordinal));

        await Expect(_second, AuthenticationFault.None);
        await Expect(_first, AuthenticationFault.KeyUnknown);
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("""{"keys":{}}""")]
    public async Task Faulty_file_leaves_the_old_one_in_force_and_says_so_once(string content)
    {
        Replace(content);

        await Expect(_first, AuthenticationFault.None);
        _rig.Time.Advance(CheckInterval);
        await Expect(_first, AuthenticationFault.None);
        Assert.That(_rig.Log.Messages, Has.One.Contains("was refused").And.One.StartsWith("Error"));
    }

    private void Replace(string content)
    {
        _rig.Write("keys.json", content);
        _rig.Time.Advance(CheckInterval);
    }

    private async Task Expect(TestKey key, AuthenticationFault fault)
    {
        var result = await _rig.Authenticate(TestTokens.Mint(key, _rig.OidcClaims(Issuer, "agent")));
        Assert.That(result.Fault, Is.EqualTo(fault));
    }
}
