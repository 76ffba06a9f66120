using System.Text.Json.Nodes;
using SecretsBroker.Identity;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Identity.Dpop;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DpopTests : IDisposable
{
    private readonly DpopRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [TestCase("ES256")]
    [TestCase("ES384")]
    [TestCase("ES512")]
    [TestCase("RS256")]
    [TestCase("PS384")]
    public async Task Whoever_holds_the_key_of_a_bound_token_is_believed(string algorithm)
    {
        var key = TestKey.Create(algorithm, "caller");
        var token = _rig.Token(key);

        var result = await _rig.CallAsync($"DPoP {token}", _rig.Proof(token, key: key));

        Assert.That((result.Fault, result.Workload?.Id.Value), Is.EqualTo((AuthenticationFault.None, "spiffe://example.org/agent")));
        Assert.That(result.Workload!.Possession, Is.EqualTo(Possession.Dpop));
    }

    [TestCaseSource(typeof(BadProofs), nameof(BadProofs.Table))]
    public async Task Bad_proof_is_refused_the_first_time_and_with_a_token_that_is_remembered(BadProof bad)
    {
        var (authorization, proof) = bad.Make(_rig);
        var used = _rig.Rig.Replays.Count;

        var first = await _rig.CallAsync(authorization, proof);
        var second = await _rig.CallAsync(authorization, proof);

        Assert.That((first.Fault, second.Fault), Is.EqualTo((bad.Expected, bad.Expected)));
        Assert.That((first.Workload, second.Workload), Is.EqualTo(((Workload?)null, (Workload?)null)));
        Assert.That(_rig.Rig.Replays.Count, Is.EqualTo(used), "what is refused costs no memory");
        if (proof is { Length: > 40 })
            Assert.That(_rig.Rig.Log.Messages, Has.None.Contains(proof[^40..]));
    }

    [TestCase("HTTPS://Broker.Example.org:7443")]
    [TestCase("https://broker.example.org:7443?x=1#y")]
    public async Task Address_is_compared_as_addresses_are(string variant)
    {
        var token = _rig.Token(DpopRig.Key);
        var parts = variant.Split('?');
        var url = parts[0] + DpopRig.Path + (parts.Length > 1 ? "?" + parts[1] : "");

        var result = await _rig.CallAsync($"DPoP {token}", _rig.Proof(token, payload => payload["htu"] = url));

        Assert.That(result.Fault, Is.EqualTo(AuthenticationFault.None));
    }

    [TestCase("https://public.example.org", AuthenticationFault.None)]
    [TestCase("https://public.example.org:443", AuthenticationFault.None)]
    [TestCase("https://second.example.org:8443", AuthenticationFault.None)]
    [TestCase(DpopRig.Origin, AuthenticationFault.ProofForAnotherCall)]
    [TestCase("http://public.example.org", AuthenticationFault.ProofForAnotherCall)]
    public async Task Behind_a_proxy_only_the_configured_addresses_count(string origin, AuthenticationFault expected)
    {
        _rig.Rig.Reconfigure("Dpop:Origins:0", "https://public.example.org");
        _rig.Rig.Reconfigure("Dpop:Origins:1", "https://second.example.org:8443/");
        var token = _rig.Token(DpopRig.Key);

        var result = await _rig.CallAsync($"DPoP {token}", _rig.Proof(token, payload => payload["htu"] = origin + DpopRig.Path));

        Assert.That(result.Fault, Is.EqualTo(expected));
    }

    [Test]
    public async Task Of_many_uses_of_one_proof_at_once_one_is_believed()
    {
        var token = _rig.Token(DpopRig.Key);
        var proof = _rig.Proof(token);

        var results = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Task.Run(() => _rig.CallAsync($"DPoP {token}", proof).AsTask())));

        Assert.That(results.Count(result => result.Succeeded), Is.EqualTo(1));
        Assert.That(
            results.Where(result => !result.Succeeded).Select(result => result.Fault), Is.All.EqualTo(AuthenticationFault.ProofReplayed));
    }

    [Test]
    public async Task Proof_is_remembered_as_long_as_it_would_be_believed()
    {
        var token = _rig.Token(DpopRig.Key, claims => claims["exp"] = _rig.Rig.Time.GetUtcNow().AddHours(1).ToUnixTimeSeconds());
        var proof = _rig.Proof(token, payload => payload["iat"] = _rig.Rig.Time.GetUtcNow().AddSeconds(30).ToUnixTimeSeconds());
        await _rig.CallAsync($"DPoP {token}", proof);
        var faults = new HashSet<AuthenticationFault>();
        for (var second = 0; second < 120; second++)
        {
            _rig.Rig.Time.Advance(TimeSpan.FromSeconds(1));
            faults.Add((await _rig.CallAsync($"DPoP {token}", proof)).Fault);
        }

        Assert.That(faults, Is.EqualTo(new[] { AuthenticationFault.ProofReplayed, AuthenticationFault.ProofStale }));
    }

    [Test]
    public async Task Same_id_of_another_key_is_another_proof()
    {
        var (one, other) = (_rig.Token(DpopRig.Key), _rig.Token(DpopRig.Stranger));
        static void Same(JsonObject payload) => payload["jti"] = "1";

        var first = await _rig.CallAsync($"DPoP {one}", _rig.Proof(one, Same));
        var second = await _rig.CallAsync($"DPoP {other}", _rig.Proof(other, Same, key: DpopRig.Stranger));

        Assert.That((first.Succeeded, second.Succeeded), Is.EqualTo((true, true)));
    }

    [Test]
    public async Task Without_the_store_no_proof_is_believed()
    {
        _rig.Rig.Replays.IsDown = true;
        var token = _rig.Token(DpopRig.Key);

        await Assert.ThrowsAsync<StoreException>(() => _rig.CallAsync($"DPoP {token}", _rig.Proof(token)).AsTask());
    }

    [Test]
    public async Task Bearer_tokens_need_no_store()
    {
        _rig.Rig.Replays.IsDown = true;

        var result = await _rig.CallAsync($"Bearer {_rig.Token(key: null)}", proof: null);

        Assert.That(result.Workload?.Possession, Is.EqualTo(Possession.None));
    }
}
