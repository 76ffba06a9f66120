using SecretsBroker.Approvals;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Leases;

/// <summary>Requests for approvals and reviews.</summary>
internal abstract partial class LeaseStoreContract
{
    private static readonly string[] Oncall = ["oncall"];

    protected IApprovalStore Approvals => (IApprovalStore)Store;

    [Test]
    public async Task Parked_request_is_found_as_it_was_asked_and_waits_its_time()
    {
        var before = await NowAsync();
        var asked = Parked(Alice) with { Subject = SubjectOf(Alice) with { Purpose = Hostile, Labels = new Dictionary<string, string> { ["b"] = Hostile, ["a"] = "1" } } };

        var parked = await Approvals.ParkAsync(asked, Limits(), None);

        Assert.That(parked, Is.Not.Null);
        Assert.That((parked!.Id, parked.State, parked.DecisionId), Is.EqualTo((asked.Id, ApprovalState.Pending, "d-1")));
        Assert.That(parked.CreateTime, Is.InRange(before, await NowAsync()));
        Assert.That(parked.ExpireTime, Is.EqualTo(parked.CreateTime + (Unit * 1_000)));
        var found = (await Approvals.FindAsync(asked.Id, None))!;
        Assert.That((found.Subject.Hash, found.Subject.Purpose, found.Owner), Is.EqualTo((asked.Subject.Hash, Hostile, Alice)));
        Assert.That(found.Subject.Labels, Is.EqualTo(asked.Subject.Labels));
    }

    [Test]
    public async Task Unknown_approvals_are_not_found()
    {
        var unknown = Approvals.NewApprovalId(Alice);

        Assert.That(await Approvals.FindAsync(unknown, None), Is.Null);
        Assert.That(await Approvals.FindParkedAsync(Alice, "h", None), Is.Null);
        Assert.That(await Approvals.FindAsync(ApprovalId.New(255), None), Is.Null);
        Assert.That(await Approvals.UseAsync(unknown, "h", "d-1", None), Is.False);
        Assert.That(await VoteAsync(unknown, 0, "lee", ApprovalState.Approved), Is.EqualTo(VoteStatus.NotPending));
    }

    [Test]
    public async Task Same_request_of_the_same_workload_is_parked_once()
    {
        var first = await ParkAsync(Parked(Alice));
        var again = await ParkAsync(Parked(Alice));
        var other = await ParkAsync(Parked(Alice, "another purpose"));
        var elsewhere = await ParkAsync(Parked(Bob));

        Assert.That(again.Id, Is.EqualTo(first.Id));
        Assert.That(new[] { first.Id, other.Id, elsewhere.Id }, Is.Unique);
        Assert.That((await Approvals.FindParkedAsync(Alice, first.Subject.Hash, None))!.Id, Is.EqualTo(first.Id));
        Assert.That((await Approvals.CountAsync(None)).Pending, Is.EqualTo(3));
    }

    [Test]
    public async Task Workload_may_have_so_many_requests_and_no_more_until_one_has_ended()
    {
        await ParkAsync(Parked(Alice, "one"));
        var second = await ParkAsync(Parked(Alice, "two"));

        Assert.That(await Approvals.ParkAsync(Parked(Alice, "three"), Limits(max: 2), None), Is.Null);
        Assert.That((await Approvals.ParkAsync(Parked(Alice, "two"), Limits(max: 2), None))!.Id, Is.EqualTo(second.Id), "it is parked already");
        Assert.That(await Approvals.ParkAsync(Parked(Bob, "three"), Limits(max: 2), None), Is.Not.Null);

        await VoteAsync(second.Id, 0, "lee", ApprovalState.Approved);
        Assert.That(await Approvals.ParkAsync(Parked(Alice, "three"), Limits(max: 2), None), Is.Null, "it is not used yet");
        Assert.That(await Approvals.UseAsync(second.Id, second.Subject.Hash, "d-2", None));
        Assert.That(await Approvals.ParkAsync(Parked(Alice, "three"), Limits(max: 2), None), Is.Not.Null);
    }

    [Test]
    public async Task Votes_count_in_their_order_and_only_on_what_the_voter_has_seen()
    {
        var approval = await ParkAsync(Parked(Alice));
        var before = await NowAsync();

        Assert.That(await VoteAsync(approval.Id, 0, "lee", ApprovalState.Pending, Hostile), Is.EqualTo(VoteStatus.Counted));
        Assert.That(await VoteAsync(approval.Id, 0, "kim", ApprovalState.Approved), Is.EqualTo(VoteStatus.Changed));
        Assert.That(await VoteAsync(approval.Id, 1, "kim", ApprovalState.Approved), Is.EqualTo(VoteStatus.Counted));
        Assert.That(await VoteAsync(approval.Id, 2, "sam", ApprovalState.Rejected), Is.EqualTo(VoteStatus.NotPending));

        var found = (await Approvals.FindAsync(approval.Id, None))!;
        Assert.That(found.State, Is.EqualTo(ApprovalState.Approved));
        Assert.That(found.Votes.Select(vote => (vote.Approver, vote.Approves, vote.Reason)), Is.EqualTo(new[] { ("lee", true, Hostile), ("kim", true, "fine") }));
        Assert.That(found.Votes.Select(vote => vote.Time), Is.All.InRange(before, await NowAsync()));
        Assert.That(found.Votes.Select(vote => vote.Groups), Is.All.EqualTo(Oncall));
        Assert.That(found.ExpireTime, Is.EqualTo(found.Votes[1].Time + (Unit * 500)));
    }

    [Test]
    public async Task Of_votes_at_the_same_time_each_counts_once()
    {
        var approval = await ParkAsync(Parked(Alice));

        var counted = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            // As who votes does: look, vote, and look again when somebody else was faster.
            for (var seen = 0; ; seen = (await Approvals.FindAsync(approval.Id, None))!.Votes.Count)
            {
                if (await VoteAsync(approval.Id, seen, $"approver-{i}", ApprovalState.Pending) == VoteStatus.Counted)
                {
                    return i;
                }
            }
        })));

        var votes = (await Approvals.FindAsync(approval.Id, None))!.Votes;
        Assert.That(votes.Select(vote => vote.Approver), Is.EquivalentTo(counted.Select(i => $"approver-{i}")));
    }

    [Test]
    public async Task Approved_request_is_used_by_one_who_may_repeat_it()
    {
        var approval = await ApprovedAsync();

        var used = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            i => Task.Run(async () => await Approvals.UseAsync(approval.Id, approval.Subject.Hash, $"d-{i}", None))));

        var winner = Array.IndexOf(used, true);
        Assert.That(used.Count(one => one), Is.EqualTo(1));
        Assert.That(await Approvals.UseAsync(approval.Id, approval.Subject.Hash, $"d-{winner}", None), Is.True);
        Assert.That(await Approvals.UseAsync(approval.Id, approval.Subject.Hash, "d-9", None), Is.False);
        Assert.That((await Approvals.FindAsync(approval.Id, None))!.State, Is.EqualTo(ApprovalState.Used));
        Assert.That(await Approvals.FindParkedAsync(Alice, approval.Subject.Hash, None), Is.Null);
        Assert.That((await ParkAsync(Parked(Alice))).Id, Is.Not.EqualTo(approval.Id), "the next one is asked for anew");
    }

    [Test]
    public async Task Only_what_was_approved_uses_it_up()
    {
        var pending = await ParkAsync(Parked(Alice, "pending"));
        var rejected = await ParkAsync(Parked(Alice, "rejected"));
        await VoteAsync(rejected.Id, 0, "lee", ApprovalState.Rejected);
        var approved = await ApprovedAsync();

        Assert.That(await Approvals.UseAsync(pending.Id, pending.Subject.Hash, "d-2", None), Is.False);
        Assert.That(await Approvals.UseAsync(rejected.Id, rejected.Subject.Hash, "d-2", None), Is.False);
        Assert.That(await Approvals.UseAsync(approved.Id, pending.Subject.Hash, "d-2", None), Is.False);
        Assert.That(await Approvals.UseAsync(approved.Id, approved.Subject.Hash, "d-2", None), Is.True);
    }

    [Test]
    public async Task Rejected_request_is_not_asked_for_again_until_its_time_would_have_been_over()
    {
        var rejected = (await Approvals.ParkAsync(Parked(Alice), Limits(units: 20), None))!;
        await VoteAsync(rejected.Id, 0, "lee", ApprovalState.Rejected);

        var again = await ParkAsync(Parked(Alice));
        await ReachAsync(rejected.ExpireTime);
        var later = await ParkAsync(Parked(Alice));

        Assert.That((again.Id, again.State), Is.EqualTo((rejected.Id, ApprovalState.Rejected)));
        Assert.That((later.Id == rejected.Id, later.State), Is.EqualTo((false, ApprovalState.Pending)));
    }

    [Test]
    public async Task What_is_not_decided_or_not_used_in_time_ends_by_itself()
    {
        var pending = (await Approvals.ParkAsync(Parked(Alice, "pending"), Limits(units: 20), None))!;
        var approved = await ParkAsync(Parked(Alice, "approved"));
        await Approvals.VoteAsync(approved.Id, 0, VoteOf("lee"), ApprovalState.Approved, Unit * 20, None);
        approved = (await Approvals.FindAsync(approved.Id, None))!;

        await ReachAsync(pending.ExpireTime);
        await ReachAsync(approved.ExpireTime);

        Assert.That((await Approvals.FindAsync(pending.Id, None))?.State, Is.AnyOf(ApprovalState.Expired, null));
        Assert.That((await Approvals.FindAsync(approved.Id, None))?.State, Is.AnyOf(ApprovalState.Expired, null));
        Assert.That(await VoteAsync(pending.Id, 0, "lee", ApprovalState.Approved), Is.EqualTo(VoteStatus.NotPending));
        Assert.That(await Approvals.UseAsync(approved.Id, approved.Subject.Hash, "d-2", None), Is.False);
        Assert.That(await Approvals.ListPendingAsync(10, None), Is.Empty);
        Assert.That((await Approvals.CountAsync(None)).Pending, Is.Zero);
        Assert.That((await ParkAsync(Parked(Alice, "pending"))).Id, Is.Not.EqualTo(pending.Id));
    }

    [Test]
    public async Task Pending_requests_of_all_are_listed_those_that_end_first_before_the_others()
    {
        var last = (await Approvals.ParkAsync(Parked(Alice, "last"), Limits(units: 3_000), None))!;
        var first = (await Approvals.ParkAsync(Parked(Bob), Limits(units: 1_000), None))!;
        var second = (await Approvals.ParkAsync(Parked(Alice, "second"), Limits(units: 2_000), None))!;
        var decided = await ParkAsync(Parked(Alice, "decided"));
        await VoteAsync(decided.Id, 0, "lee", ApprovalState.Rejected);
        await ApprovedAsync();

        Assert.That((await Approvals.ListPendingAsync(10, None)).Select(one => one.Id), Is.EqualTo(new[] { first.Id, second.Id, last.Id }));
        Assert.That((await Approvals.ListPendingAsync(2, None)).Select(one => one.Id), Is.EqualTo(new[] { first.Id, second.Id }));
        Assert.That((await Approvals.CountAsync(None)).Pending, Is.EqualTo(3));
    }

    [Test]
    public async Task Review_stays_open_until_it_is_closed_once()
    {
        var before = await NowAsync();
        var first = await Approvals.OpenReviewAsync(ReviewOf("r-1"), None);
        var again = await Approvals.OpenReviewAsync(ReviewOf("r-1") with { Justification = "another" }, None);
        await PassAsync(1);
        await Approvals.OpenReviewAsync(ReviewOf("r-0"), None);

        Assert.That((again.CreateTime, again.Justification), Is.EqualTo((first.CreateTime, Hostile)));
        Assert.That(first.CreateTime, Is.InRange(before, await NowAsync()));
        Assert.That((await Approvals.FindReviewAsync("r-1", None))!.Subject.Hash, Is.EqualTo(SubjectOf(Alice).Hash));
        Assert.That((await Approvals.ListReviewsAsync(10, None)).Select(review => review.Id), Is.EqualTo(new[] { "r-1", "r-0" }));
        Assert.That((await Approvals.ListReviewsAsync(1, None)).Select(review => review.Id), Is.EqualTo(new[] { "r-1" }));
        Assert.That((await Approvals.CountAsync(None)).OpenReviews, Is.EqualTo(2));

        Assert.That(await Approvals.CloseReviewAsync("r-1", None), Is.True);
        Assert.That(await Approvals.CloseReviewAsync("r-1", None), Is.False);
        Assert.That(await Approvals.FindReviewAsync("r-1", None), Is.Null);
        Assert.That((await Approvals.ListReviewsAsync(10, None)).Select(review => review.Id), Is.EqualTo(new[] { "r-0" }));
    }

    private static ApprovalSubject SubjectOf(WorkloadId owner, string purpose = "look at an invoice") => new()
    {
        Workload = owner.Value,
        Task = "t1",
        Action = "read",
        Resource = "orders/invoices",
        Purpose = purpose,
        Grant = "orders-read",
        Demands = Oncall,
    };

    protected Approval Parked(WorkloadId owner, string purpose = "look at an invoice") =>
        new() { Id = Approvals.NewApprovalId(owner), Subject = SubjectOf(owner, purpose), DecisionId = "d-1" };

    private static Review ReviewOf(string id) => new() { Id = id, Subject = SubjectOf(Alice), DecisionId = "d-1", Justification = Hostile };

    protected ApprovalLimits Limits(int units = 1_000, int max = 100) => new(Unit * units, max);

    protected async Task<Approval> ParkAsync(Approval asked) => (await Approvals.ParkAsync(asked, Limits(), None))!;

    private async Task<Approval> ApprovedAsync()
    {
        var approval = await ParkAsync(Parked(Alice));
        Assert.That(await VoteAsync(approval.Id, 0, "lee", ApprovalState.Approved), Is.EqualTo(VoteStatus.Counted));
        return approval;
    }

    protected static ApprovalVote VoteOf(string approver, ApprovalState next = ApprovalState.Approved, string reason = "fine") =>
        new(approver, Oncall, next != ApprovalState.Rejected, reason, default);

    private ValueTask<VoteStatus> VoteAsync(ApprovalId id, int seen, string approver, ApprovalState next, string reason = "fine") =>
        Approvals.VoteAsync(id, seen, VoteOf(approver, next, reason), next, Unit * 500, None);
}
