using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Identity;

internal sealed class TrustBundleFileTests
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly TestKey _first = TestKey.Create("ES256", "first");
    private readonly TestKey _second = TestKey.Create("ES256", "second");
    private IdentityRig _rig = null!;

    [SetUp]
    public async Task Start()
    {
        _rig = new IdentityRig(("TrustDomains:0:Name", "example.org"), ("TrustDomains:0:BundleFile", "{folder}/bundle.json"));
        Replace(TestTokens.Bundle(5, _first));
        await Expect(_first, AuthenticationFault.None);
    }

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public async Task Replaced_bundle_is_in_force_after_the_check_interval()
    {
        Replace(TestTokens.Bundle(6, _second));

        await Expect(_second, AuthenticationFault.None);
        await Expect(_first, AuthenticationFault.KeyUnknown);
    }

    [Test]
    public async Task File_is_not_read_again_before_the_check_interval()
    {
        _rig.Write("bundle.json", TestTokens.Bundle(6, _second));

        Assert.That((await Authenticate(_second)).Fault, Is.EqualTo(AuthenticationFault.KeyUnknown));
    }

    [Test]
    public async Task Bundle_behind_a_link_is_replaced_with_the_link()
    {
        foreach (var (folder, key) in new[] { ("one", _first), ("two", _second) })
        {
            Directory.CreateDirectory(_rig.PathOf(folder));
            _rig.Write(folder + "/bundle.json", TestTokens.Bundle(6, key));
        }

        Directory.CreateSymbolicLink(_rig.PathOf("now"), _rig.PathOf("one"));
        File.Delete(_rig.PathOf("bundle.json"));
        File.CreateSymbolicLink(_rig.PathOf("bundle.json"), _rig.PathOf("now/bundle.json"));
        _rig.Time.Advance(CheckInterval);
        await Expect(_first, AuthenticationFault.None);

        Directory.Delete(_rig.PathOf("now"));
        Directory.CreateSymbolicLink(_rig.PathOf("now"), _rig.PathOf("two"));
        _rig.Time.Advance(CheckInterval);

        await Expect(_second, AuthenticationFault.None);
    }

    [Test]
    public async Task Token_is_forgotten_when_its_key_leaves_the_bundle()
    {
        var token = Mint(_first);
        Assert.That((await _rig.Authenticate(token)).Succeeded, Is.True);

        Replace(TestTokens.Bundle(6, _second));

        Assert.That((await _rig.Authenticate(token)).Fault, Is.EqualTo(AuthenticationFault.KeyUnknown));
    }

    [Test]
    public async Task Token_is_forgotten_when_its_key_is_replaced_under_the_same_name()
    {
        var token = Mint(_first);
        Assert.That((await _rig.Authenticate(token)).Succeeded, Is.True);

        Replace(TestTokens.Bundle(6, _second.As("first")));

        Assert.That((await _rig.Authenticate(token)).Fault, Is.EqualTo(AuthenticationFault.SignatureInvalid));
    }

    [TestCase(6L)]
    [TestCase(null)]
    public async Task Emptied_bundle_trusts_nobody(long? sequence)
    {
        Replace(TestTokens.Bundle(sequence));

        await Expect(_first, AuthenticationFault.KeyUnknown);
        Assert.That(_rig.Log.Messages, Has.One.Contains("holds no usable key"));
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("""{"keys":{}}""")]
    [TestCase("""{"keys":[],"keys":[]}""")]
    [TestCase("""{"keys":[],"spiffe_sequence":"7"}""")]
    public async Task Faulty_bundle_leaves_the_old_one_in_force_and_says_so_once(string content)
    {
        Replace(content);

        await Expect(_first, AuthenticationFault.None);
        _rig.Time.Advance(CheckInterval);
        await Expect(_first, AuthenticationFault.None);
        Assert.That(_rig.Log.Messages, Has.One.Contains("was refused").And.One.StartsWith("Error"));
    }

    [Test]
    public async Task Removed_bundle_file_leaves_the_old_one_in_force_and_says_so_once()
    {
        File.Delete(_rig.PathOf("bundle.json"));
        _rig.Time.Advance(CheckInterval);
        await Expect(_first, AuthenticationFault.None);
        _rig.Time.Advance(CheckInterval);
        await Expect(_first, AuthenticationFault.None);

        Assert.That(_rig.Log.Messages, Has.One.Contains("cannot be read (FileNotFoundException)"));
    }

    [Test]
    public async Task Bundle_that_is_back_unchanged_is_told_of_once()
    {
        File.Delete(_rig.PathOf("bundle.json"));
        _rig.Time.Advance(CheckInterval);
        await Expect(_first, AuthenticationFault.None);

        Replace(TestTokens.Bundle(5, _first));

        await Expect(_first, AuthenticationFault.None);
        _rig.Time.Advance(CheckInterval);
        await Expect(_first, AuthenticationFault.None);
        Assert.That(_rig.Log.Messages, Has.One.Contains("is again the one whose 1 keys are in force"));
    }

    [Test]
    public async Task Oversized_bundle_is_not_read()
    {
        Replace(new string(' ', (1024 * 1024) + 1) + TestTokens.Bundle(6, _second));

        await Expect(_second, AuthenticationFault.KeyUnknown);
    }

    [TestCase(4L, "went back from 5 to 4")]
    [TestCase(null, "has no spiffe_sequence")]
    public async Task Sequence_never_goes_back(long? sequence, string complaint)
    {
        Replace(TestTokens.Bundle(sequence, _second));

        await Expect(_second, AuthenticationFault.KeyUnknown);
        await Expect(_first, AuthenticationFault.None);
        Assert.That(_rig.Log.Messages, Has.One.Contains(complaint));
    }

    [Test]
    public async Task Emptying_a_bundle_does_not_let_an_older_one_in()
    {
        Replace(TestTokens.Bundle(null));
        await Expect(_first, AuthenticationFault.KeyUnknown);

        Replace(TestTokens.Bundle(4, _first));

        await Expect(_first, AuthenticationFault.KeyUnknown);
    }

    [Test]
    public async Task Changed_configuration_does_not_let_an_older_bundle_in()
    {
        _rig.Write("older.json", TestTokens.Bundle(4, _second));

        _rig.Reconfigure("TrustDomains:0:BundleFile", _rig.PathOf("older.json"));

        await Expect(_second, AuthenticationFault.KeysUnavailable);
        Assert.That(_rig.Log.Messages, Has.One.Contains("went back from 5 to 4"));
    }

    [Test]
    public async Task Nobody_is_believed_before_there_is_a_bundle()
    {
        using var rig = new IdentityRig(("TrustDomains:0:Name", "example.org"), ("TrustDomains:0:BundleFile", "{folder}/none.json"));

        var result = await rig.Authenticate(TestTokens.Mint(_first, rig.SvidClaims("spiffe://example.org/agent")));

        Assert.That(result.Fault, Is.EqualTo(AuthenticationFault.KeysUnavailable));
    }

    private void Replace(string content)
    {
        _rig.Write("bundle.json", content);
        _rig.Time.Advance(CheckInterval);
    }

    private string Mint(TestKey key) => TestTokens.Mint(key, _rig.SvidClaims("spiffe://example.org/agent"));

    private Task<AuthenticationResult> Authenticate(TestKey key) => _rig.Authenticate(Mint(key));

    private async Task Expect(TestKey key, AuthenticationFault fault) =>
        Assert.That((await Authenticate(key)).Fault, Is.EqualTo(fault));
}
