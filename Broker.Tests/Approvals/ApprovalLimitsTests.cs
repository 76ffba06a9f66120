using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SecretsBroker.Approvals;
using SecretsBroker.Approvals.Notices;
using SecretsBroker.Audit;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Issuance;
using SecretsBroker.Leases.Sqlite;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.Policy;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Approvals;

/// <summary>What happens to approvals while the audit log cannot be written, and when they come too late: nothing.</summary>
internal sealed class ApprovalLimitsTests
{
    private static readonly Workload Lee = new(
        new WorkloadId("spiffe://people.example/lee"), AuthenticationMethod.OidcToken, ["oncall"], new Dictionary<string, string>(), default);

    private static readonly Decision Decision = new(
        "d-1", new PolicyAnswer { Allowed = true, Reason = "permitted", Obligations = Obligations.None with { Approvals = ["oncall"] } });

    private readonly ManualTime _time = new();
    private MeasuredBroker _measured = null!;
    private SqliteLeaseStore _store = null!;
    private RecordingAudit _audit = null!;
    private NoticeQueue _notices = null!;
    private ApprovalVoting _voting = null!;
    private ApprovalGate _gate = null!;

    [SetUp]
    public async Task SetUp()
    {
        _measured = new MeasuredBroker();
        _store = new SqliteLeaseStore(new SqliteStoreOptions { Path = SqliteStoreOptions.InMemory }, _time);
        _audit = new RecordingAudit();
        _notices = new NoticeQueue(Options.Create(new WebhookOptions()), _measured.Metrics, NullLogger<NoticeQueue>.Instance);
        var policies = new CurrentPolicies();
        using var folder = new PolicyFolder();
        folder.Write("""permit (principal, action in [Broker::Action::"approve", Broker::Action::"break_glass"], resource);""");
        policies.Replace((await folder.LoadAsync()).Snapshot!);
        // Operators' decisions are recorded elsewhere, so that what comes after them is what fails.
        var operators = new OperatorGate(
            policies, new RecordingAudit(), _measured.Metrics, TimeProvider.System, NullLogger<OperatorGate>.Instance);
        var options = Options.Create(new ApprovalOptions());
        _voting = new ApprovalVoting(
            _store, _store, operators, _audit, _notices, _measured.Metrics, options, NullLogger<ApprovalVoting>.Instance);
        _gate = new ApprovalGate(
            _store,
            new CurrentCatalog(),
            new GlassBreaking(_store, operators, _audit, _notices, _measured.Metrics, NullLogger<GlassBreaking>.Instance),
            _audit,
            _notices,
            _measured.Metrics,
            options,
            NullLogger<ApprovalGate>.Instance);
    }

    [TearDown]
    public async Task TearDown()
    {
        _measured.Dispose();
        await _store.DisposeAsync();
    }

    [Test]
    public async Task Nothing_is_parked()
    {
        _audit.Fails = true;

        Assert.That(ClearAsync, Throws.TypeOf<AuditException>());

        Assert.That(await _store.ListPendingAsync(10, default), Is.Empty);
    }

    [Test]
    public async Task Nobody_approves()
    {
        var id = await ParkAsync();
        _audit.Fails = true;

        Assert.That(() => _voting.VoteAsync(id, new Ballot(Lee, Approves: true, "fine", ""), default), Throws.TypeOf<AuditException>());

        var approval = await _store.FindAsync(id, default);
        Assert.That((approval!.State, approval.Votes.Count), Is.EqualTo((ApprovalState.Pending, 0)));
    }

    [Test]
    public async Task Approval_that_is_used_is_wasted_and_no_secret_follows()
    {
        var id = await ParkAsync();
        await _voting.VoteAsync(id, new Ballot(Lee, Approves: true, "fine", ""), default);
        var clearance = await ClearAsync(new ApprovalPlea { Approval = id });
        Assert.That(clearance, Is.TypeOf<Clearance.Approved>());
        _audit.Fails = true;

        Assert.That(() => _gate.PassAsync(clearance, Decision, default), Throws.TypeOf<AuditException>());

        _audit.Fails = false;
        Assert.That((await _store.FindAsync(id, default))!.State, Is.EqualTo(ApprovalState.Used));
        Assert.That(await ClearAsync(new ApprovalPlea { Approval = id }), Is.EqualTo(new Clearance.Refused(RefusalReason.ApprovalEnded, id)));
    }

    [Test]
    public async Task No_glass_is_broken_and_somebody_asks_about_the_attempt()
    {
        var clearance = await ClearAsync(new ApprovalPlea { BreakGlass = "the shop is down" });
        Assert.That(clearance, Is.TypeOf<Clearance.WithoutApproval>());
        _audit.Fails = true;

        Assert.That(() => _gate.PassAsync(clearance, Decision, default), Throws.TypeOf<AuditException>());

        Assert.That(await _store.ListReviewsAsync(10, default), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task No_review_is_closed()
    {
        await _gate.PassAsync(await ClearAsync(new ApprovalPlea { BreakGlass = "the shop is down" }), Decision, default);
        var review = (await _store.ListReviewsAsync(10, default)).Single().Id;
        var closing = new ReviewClosing(_store, _audit, _notices, TimeProvider.System, NullLogger<ReviewClosing>.Instance);
        _audit.Fails = true;

        Assert.That(() => closing.CloseAsync(review, Lee, "fine", "", default), Throws.TypeOf<AuditException>());

        Assert.That(await _store.ListReviewsAsync(10, default), Has.Count.EqualTo(1));
        _audit.Fails = false;
        Assert.That(await closing.CloseAsync(review, Lee, "fine", "", default), Is.EqualTo(ClosingOutcome.Closed));
    }

    [Test]
    public async Task What_is_not_decided_in_time_is_neither_approved_nor_served()
    {
        var id = await ParkAsync();
        _time.Advance(TimeSpan.FromMinutes(15));

        var late = await _voting.VoteAsync(id, new Ballot(Lee, Approves: true, "fine", ""), default);

        Assert.That(late.Outcome, Is.EqualTo(VoteOutcome.NotPending));
        Assert.That(await ClearAsync(new ApprovalPlea { Approval = id }), Is.EqualTo(new Clearance.Refused(RefusalReason.ApprovalEnded, id)));
    }

    [Test]
    public async Task What_is_not_used_in_time_is_not_served()
    {
        var id = await ParkAsync();
        await _voting.VoteAsync(id, new Ballot(Lee, Approves: true, "fine", ""), default);
        var inTime = await ClearAsync(new ApprovalPlea { Approval = id });
        _time.Advance(TimeSpan.FromMinutes(5));

        // Also one that was looked at while there was time.
        Assert.That(await _gate.PassAsync(inTime, Decision, default), Is.EqualTo(new Clearance.Refused(RefusalReason.ApprovalEnded, id)));
        Assert.That(await ClearAsync(new ApprovalPlea { Approval = id }), Is.EqualTo(new Clearance.Refused(RefusalReason.ApprovalEnded, id)));
    }

    private Task<Clearance> ClearAsync() => ClearAsync(new ApprovalPlea());

    private Task<Clearance> ClearAsync(ApprovalPlea plea) => _gate.ClearAsync(Questions.Full(), Decision, plea, default);

    private async Task<ApprovalId> ParkAsync() => ((Clearance.Refused)await ClearAsync()).Approval!.Value;
}
