using SecretsBroker.Engine.V1;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using Lease = SecretsBroker.Leases.Lease;
using Protocol = SecretsBroker.Engine.V1;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>Engines whose secrets end only by time.</summary>
internal sealed class EngineExpiryTests : ExternalEngineFixture
{
    private static readonly DelegationChain Delegated = new(
        new RootIntent("close the month", "", "00"),
        [new DelegationLink(DelegationId.New(0), new TaskKey(new WorkloadId("spiffe://example.org/agent/root"), new TaskId("t-0")))]);

    private ICredentialEngine _expiring = null!;

    [SetUp]
    public void Expire()
    {
        (Process.Description.Revocability, Process.Description.Lists) = (Protocol.Revocability.ExpireOnly, false);
        Process.Look = _ => new VerifyResponse { Gone = false, Findings = { new Finding { Kind = FindingKind.Token, Count = 1 } } };
        _expiring = EngineOf(settings => settings["revocability"] = "expire-only");
    }

    [TearDown]
    public async Task DisposeAsync() => await _expiring.DisposeAsync();

    [Test]
    public async Task Lease_that_ends_early_is_done_with_and_the_proof_says_until_when_it_is_good([Values] bool renewable)
    {
        Process.Description.Renewable = renewable;
        var lease = TestLeases.LeaseOf(TestExternal.Request());

        await _expiring.RevokeAsync(lease, Token);

        // A renewal whose answer was lost is not in the lease.
        var end = renewable ? lease.MaxExpireTime : lease.ExpireTime;
        Assert.That(
            await _expiring.VerifyAsync(lease, Token),
            Is.EqualTo(new Verification(Gone: true, $"expire-only: good until {end:O} at the latest; the engine found tokens: 1")));
    }

    [Test]
    public async Task What_outlives_its_lease_is_not_gone()
    {
        var lease = TestLeases.LeaseOf(TestExternal.Request()) with { ExpireTime = TimeProvider.System.GetUtcNow().AddSeconds(-1) };

        Assert.That(await _expiring.VerifyAsync(lease, Token), Is.EqualTo(new Verification(Gone: false, "the engine found tokens: 1")));
    }

    [Test]
    public async Task Lease_that_a_narrowed_delegation_may_have_shortened_is_no_debt_and_its_proof_names_no_time([Values] bool isOver, [Values] bool renewable)
    {
        Process.Description.Renewable = renewable;
        var end = TimeProvider.System.GetUtcNow().AddSeconds(isOver ? -1 : 60);
        var lease = LeaseOf() with { ExpireTime = end, MaxExpireTime = end, Delegation = Delegated };

        Assert.That(await _expiring.VerifyAsync(lease, Token), Is.EqualTo(new Verification(
            Gone: true,
            "expire-only: good until the end that it was issued or renewed with, which may be later than the lease's; the engine found tokens: 1")));
    }

    [Test]
    public async Task Engine_that_can_do_more_is_not_let_off()
    {
        Process.Description.Revocability = Protocol.Revocability.Destroy;

        Assert.That((await _expiring.VerifyAsync(LeaseOf(), Token)).Gone, Is.False);
    }

    [Test]
    public async Task What_has_ended_before_its_time_is_gone_and_not_waited_for()
    {
        Process.Look = _ => new VerifyResponse { Gone = true, Findings = { new Finding { Kind = FindingKind.Token, Count = 0 } } };

        Assert.That(await _expiring.VerifyAsync(LeaseOf(), Token), Is.EqualTo(new Verification(Gone: true, "the engine found tokens: 0")));
    }

    private static Lease LeaseOf() => TestLeases.LeaseOf(TestExternal.Request());
}
