using Moq;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Reconciliation;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>What is kept of a target's list, and what the store is asked of it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TargetListingTests
{
    private const int MaxOrphans = 10;

    private readonly Installation _installation = Installation.Of("tests");
    private readonly Mock<ILeaseStore> _store = new();

    [Test]
    public async Task List_of_made_up_leases_is_kept_and_asked_for_only_in_part()
    {
        var active = LeaseOf(Any());
        var listing = ListingOf(active);
        for (var page = 0; page < 50; page++)
        {
            await listing.AddAsync(Some(MaxOrphans - 1), Some(MaxOrphans), CancellationToken.None);
        }

        await listing.AddAsync([active.Id], [], CancellationToken.None);

        Assert.That(listing.Orphans, Has.Count.EqualTo(2 * (MaxOrphans - 1)));
        _store.Verify(store => store.FindLeaseAsync(It.IsAny<LeaseId>(), It.IsAny<CancellationToken>()), Times.Exactly(2 * (MaxOrphans - 1)));
        // The rest of the list still says what is there.
        Assert.That(listing.Unseen, Is.Empty);
        Assert.That(listing.Count, Is.EqualTo((50 * (MaxOrphans - 1)) + 1));
    }

    [Test]
    public async Task What_is_on_two_pages_counts_once()
    {
        var (active, ended, orphan) = (LeaseOf(Any()), LeaseOf(Any()) with { State = LeaseState.Revoking }, Any());
        _store.Setup(store => store.FindLeaseAsync(ended.Id, It.IsAny<CancellationToken>())).ReturnsAsync(ended);
        var listing = ListingOf(active);

        for (var page = 0; page < 2; page++)
        {
            await listing.AddAsync([active.Id, ended.Id, orphan], [], CancellationToken.None);
        }

        Assert.That(listing.Count, Is.EqualTo(3));
        Assert.That(listing.Orphans, Is.EqualTo(new[] { orphan }));
    }

    [Test]
    public async Task Active_lease_that_is_not_listed_or_only_in_part_is_unseen()
    {
        var (whole, part, unlisted) = (LeaseOf(Any()), LeaseOf(Any()), LeaseOf(Any()));
        var listing = ListingOf(whole, part, unlisted);

        await listing.AddAsync([whole.Id, part.Id], [part.Id], CancellationToken.None);

        Assert.That(listing.Unseen, Is.EquivalentTo(new[] { part.Id, unlisted.Id }));
    }

    private static Lease LeaseOf(LeaseId id) => new()
    {
        Id = id,
        Task = new TaskKey(new WorkloadId("spiffe://test/agent"), new TaskId("t-1")),
        Grant = "read-items",
        Engine = "fake",
        Target = "vault",
        Action = "read",
        Resource = "items",
        DecisionId = "d-1",
        State = LeaseState.Active,
    };

    private TargetListing ListingOf(params Lease[] active) => new(active.ToDictionary(lease => lease.Id), new LeaseCover(_store.Object), MaxOrphans);

    private LeaseId Any() => LeaseId.New(0, _installation);

    private LeaseId[] Some(int count) => [.. Enumerable.Range(0, count).Select(_ => Any())];
}
