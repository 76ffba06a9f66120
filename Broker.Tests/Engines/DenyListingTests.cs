using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines;

/// <summary>How long what was revoked stays listed.</summary>
internal sealed class DenyListingTests
{
    private readonly ManualTime _time = new();

    [Test]
    public Task Cut_lease_is_listed_by_the_end_that_was_signed() =>
        AssertListedForAsync(TimeSpan.FromHours(1), Lease(TimeSpan.FromMinutes(1)) with
        {
            Delegation = Chain(),
            Handle = DenyListing.HandleOf(_time.GetUtcNow().AddHours(1)),
        });

    [Test]
    public async Task Who_signed_is_kept_beside_the_end_that_was_signed()
    {
        var lease = Lease(TimeSpan.FromMinutes(1)) with { Handle = DenyListing.HandleOf(_time.GetUtcNow().AddHours(1), "signer") };

        Assert.That(DenyListing.SignerOf(lease), Is.EqualTo("signer"));
        Assert.That(DenyListing.SignerOf(lease with { Handle = DenyListing.HandleOf(_time.GetUtcNow()) }), Is.Null);
        Assert.That(DenyListing.SignerOf(lease with { Handle = "" }), Is.Null);
        await AssertListedForAsync(TimeSpan.FromHours(1), lease);
    }

    [Test]
    public Task Cut_lease_of_which_nobody_knows_what_was_signed_is_listed_as_long_as_any_may_live() =>
        AssertListedForAsync(Grant.LongestTimeToLive, Lease(TimeSpan.FromMinutes(-10)) with { Delegation = Chain() });

    [Test]
    public Task Lease_that_nobody_can_cut_is_listed_by_its_own_end() =>
        AssertListedForAsync(TimeSpan.FromMinutes(1), Lease(TimeSpan.FromMinutes(1)));

    [TestCase("99999999999999999")]
    [TestCase("99999999999999999999.signer")]
    [TestCase("-1")]
    [TestCase("soon.signer")]
    public Task Lease_with_a_damaged_end_is_listed_as_one_whose_end_is_not_known(string handle) =>
        AssertListedForAsync(TimeSpan.FromMinutes(1), Lease(TimeSpan.FromMinutes(1)) with { Handle = handle });

    private async Task AssertListedForAsync(TimeSpan span, Lease lease)
    {
        var list = new InMemoryDenyList(_time);
        var listing = new DenyListing("target", list, _time);
        await listing.AddAsync(lease, CancellationToken.None);

        _time.Advance(span + DenyListing.Leeway - TimeSpan.FromMilliseconds(1));
        Assert.That(await list.FindAsync("target", lease.Id, CancellationToken.None), Is.Not.Null);
        Assert.That(listing.HasEnded(lease), Is.False);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(await list.FindAsync("target", lease.Id, CancellationToken.None), Is.Null);
        Assert.That(listing.HasEnded(lease), Is.True);
    }

    private Lease Lease(TimeSpan left) =>
        TestLeases.LeaseOf(TestLeases.Request(TestLeases.Grant("jwt"), new CredentialInput.None(), _time.GetUtcNow() + left)) with
        {
            CreateTime = _time.GetUtcNow(),
        };

    private static DelegationChain Chain() => new(
        new RootIntent("close the month", "", "00"),
        [new DelegationLink(DelegationId.New(0), new TaskKey(new WorkloadId("spiffe://example.org/agent/root"), new TaskId("t-1")))]);
}
