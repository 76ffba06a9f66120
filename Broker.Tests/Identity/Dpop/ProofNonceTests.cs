using System.Security.Cryptography;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Dpop;

namespace SecretsBroker.Tests.Identity.Dpop;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ProofNonceTests
{
    private readonly SteppedTime _time = new();
    private readonly DpopOptions _options = new();

    [Test]
    public void Nonce_is_good_for_its_lifetime()
    {
        var nonces = new ProofNonces(_time);
        var nonce = nonces.Make(_options);

        _time.Advance(_options.NonceLifetime - TimeSpan.FromSeconds(1));
        Assert.That(nonces.IsGood(nonce, _options), Is.True);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(nonces.IsGood(nonce, _options), Is.False);
    }

    [Test]
    public void What_the_broker_did_not_make_is_no_nonce()
    {
        var nonces = new ProofNonces(_time);
        var nonce = nonces.Make(_options);
        var changed = (nonce[0] == 'A' ? "B" : "A") + nonce[1..];

        Assert.That(
            new[] { null, "", "nonce", "?", nonce[1..], nonce + "A", changed, new ProofNonces(_time).Make(_options), new string('A', 32) }
                .Select(text => nonces.IsGood(text, _options)),
            Is.All.False);
    }

    [Test]
    public void Brokers_with_one_key_take_each_others_nonces()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, RandomNumberGenerator.GetBytes(ProofNonces.MinKeyLength + 1));
            _options.NonceKey = new SecretReference { File = file };

            Assert.That(new ProofNonces(_time).IsGood(new ProofNonces(_time).Make(_options), _options), Is.True);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public void Without_its_key_there_is_no_nonce()
    {
        _options.NonceKey = new SecretReference { File = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()) };

        Assert.Throws<NonceKeyException>(() => new ProofNonces(_time).Make(_options));
    }

    [Test]
    public async Task Proof_with_a_good_nonce_is_believed_where_one_is_needed()
    {
        using var rig = new DpopRig(("Dpop:RequireNonce", "true"));
        var token = rig.Token(DpopRig.Key);
        var nonce = rig.Rig.Dpop.MakeNonce();

        var with = await rig.CallAsync($"DPoP {token}", rig.Proof(token, payload => payload["nonce"] = nonce));
        var stale = await rig.CallAsync($"DPoP {token}", rig.Proof(token, payload => payload["nonce"] = nonce[1..] + "A"));

        Assert.That((with.Fault, stale.Fault), Is.EqualTo((AuthenticationFault.None, AuthenticationFault.ProofNonceMissing)));
    }
}
