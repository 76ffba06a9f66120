using SecretsBroker.Engine.V1;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using Grant = SecretsBroker.Catalog.Grant;
using IssueRequest = SecretsBroker.Engines.IssueRequest;
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
        var request = TestExternal.Request();
        using var credential = await _expiring.IssueAsync(request, Token);
        var lease = TestLeases.LeaseOf(request) with { Handle = credential.Handle };

        await _expiring.RevokeAsync(lease, Token);

        // A renewal whose answer was lost is not in the lease.
        await RequireGoodUntilAsync(lease, renewable ? lease.MaxExpireTime : NextSecond(request.ExpireTime));
    }

    /// <summary>Also one whose handle never came to be stored.</summary>
    [Test]
    public async Task Proof_does_not_go_by_what_the_engine_says_of_renewals_when_it_is_asked([Values] bool renewable)
    {
        Process.Description.Renewable = true;
        var request = TestExternal.Request();
        using var credential = await _expiring.IssueAsync(request, Token);
        var lease = TestLeases.LeaseOf(request) with { Handle = credential.Handle, CreateTime = request.ExpireTime.AddMinutes(-5) };
        var renewed = request.ExpireTime.AddMinutes(30);
        Assert.That(await _expiring.RenewAsync(lease, renewed, Token), Is.True);

        Process.Description.Renewable = renewable;

        await RequireGoodUntilAsync(lease with { ExpireTime = renewed }, lease.MaxExpireTime);
        await RequireGoodUntilAsync(lease, lease.MaxExpireTime);
        await RequireGoodUntilAsync(lease with { Handle = "" }, lease.MaxExpireTime);
        await RequireGoodUntilAsync(lease with { Delegation = Delegated }, lease.CreateTime + Grant.LongestTimeToLive);
    }

    [Test]
    public async Task What_was_issued_as_not_renewable_is_not_renewed_later_and_keeps_its_end()
    {
        Process.Description.Renewable = false;
        var request = TestExternal.Request();
        using var credential = await _expiring.IssueAsync(request, Token);
        var lease = TestLeases.LeaseOf(request) with { Handle = credential.Handle };

        Process.Description.Renewable = true;

        Assert.That(await _expiring.RenewAsync(lease, request.ExpireTime.AddMinutes(30), Token), Is.False);
        await RequireGoodUntilAsync(lease, NextSecond(request.ExpireTime));
        await RequireGoodUntilAsync(Shortened(request, isOver: true) with { Handle = credential.Handle }, NextSecond(request.ExpireTime));
    }

    [TestCase("9223372036854775807 h-1")]
    [TestCase("253402300800 h-1")]
    [TestCase("99999999999999999999 h-1")]
    [TestCase("-1 h-1")]
    [TestCase(" h-1")]
    public async Task Lease_with_a_damaged_end_is_revoked_as_one_whose_end_is_not_known(string handle)
    {
        Process.Description.Renewable = false;
        var lease = LeaseOf() with { Handle = handle };

        await _expiring.RevokeAsync(lease, Token);

        Assert.That(Process.RevokedHandle, Is.EqualTo("h-1"));
        await RequireGoodUntilAsync(lease, lease.MaxExpireTime);
    }

    [Test]
    public async Task What_outlives_its_lease_is_not_gone()
    {
        var lease = TestLeases.LeaseOf(TestExternal.Request()) with { ExpireTime = TimeProvider.System.GetUtcNow().AddSeconds(-1) };

        Assert.That(await _expiring.VerifyAsync(lease, Token), Is.EqualTo(new Verification(Gone: false, "the engine found tokens: 1")));
    }

    [Test]
    public async Task Lease_that_a_narrowed_delegation_shortened_is_good_until_the_end_that_its_secret_was_issued_with([Values] bool isOver)
    {
        Process.Description.Renewable = false;
        var request = TestExternal.Request();
        using var credential = await _expiring.IssueAsync(request, Token);
        var lease = Shortened(request, isOver) with { Handle = credential.Handle };

        await _expiring.RevokeAsync(lease, Token);

        await RequireGoodUntilAsync(lease, NextSecond(request.ExpireTime));
        Assert.That(Process.RevokedHandle, Is.EqualTo("h-1"), "the engine gets its own again");
    }

    [Test]
    public async Task Secret_that_outlives_the_end_that_it_was_issued_with_is_not_gone_though_its_lease_was_shortened()
    {
        var issued = TimeProvider.System.GetUtcNow().AddSeconds(-1).ToUnixTimeSeconds();

        var verification = await _expiring.VerifyAsync(Shortened(TestExternal.Request(), isOver: true) with { Handle = $"{issued} h-1" }, Token);

        Assert.That(verification, Is.EqualTo(new Verification(Gone: false, "the engine found tokens: 1")));
    }

    /// <summary>One that was renewed, or whose handle was stored before its end was kept with it, or never came to be stored.</summary>
    [TestCase(true, null)]
    [TestCase(false, "h-1")]
    [TestCase(false, "")]
    public async Task Shortened_lease_whose_secrets_end_is_not_known_is_good_as_long_as_any_lease_can_be(bool renewable, string? handle)
    {
        Process.Description.Renewable = renewable;
        var request = TestExternal.Request();
        using var credential = await _expiring.IssueAsync(request, Token);
        var lease = Shortened(request, isOver: true) with { Handle = handle ?? credential.Handle };

        await _expiring.RevokeAsync(lease, Token);

        await RequireGoodUntilAsync(lease, lease.CreateTime + Grant.LongestTimeToLive);
        Assert.That(Process.RevokedHandle, Is.EqualTo(handle ?? "h-1"));
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

    private async Task RequireGoodUntilAsync(Lease lease, DateTimeOffset end) => Assert.That(
        await _expiring.VerifyAsync(lease, Token),
        Is.EqualTo(new Verification(Gone: true, $"expire-only: good until {end:O} at the latest; the engine found tokens: 1")));

    /// <summary>Not a second is left out.</summary>
    private static DateTimeOffset NextSecond(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeSeconds((time + TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1)).ToUnixTimeSeconds());

    private static Lease Shortened(IssueRequest request, bool isOver)
    {
        var now = TimeProvider.System.GetUtcNow();
        var end = isOver ? now.AddSeconds(-1) : now.AddMinutes(1);
        return TestLeases.LeaseOf(request) with { CreateTime = now.AddMinutes(-1), ExpireTime = end, MaxExpireTime = end, Delegation = Delegated };
    }

    private static Lease LeaseOf() => TestLeases.LeaseOf(TestExternal.Request());
}
