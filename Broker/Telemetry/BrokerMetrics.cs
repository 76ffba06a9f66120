using System.Diagnostics.Metrics;
using SecretsBroker.Approvals;
using SecretsBroker.Intents;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;
using static SecretsBroker.Telemetry.TelemetryNames;

namespace SecretsBroker.Telemetry;

/// <summary>What a broker counts and measures. Attributes are bounded by the catalogue and by enums: never an id of a lease, task or workload.</summary>
internal sealed class BrokerMetrics
{
    private const string NoGrant = "none";

    private readonly BacklogGauge _backlog;
    private readonly Gauge<long> _targetDown;
    private readonly Gauge<long> _leaseSignerLost;
    private readonly Counter<long> _reconciliationRemoved;
    private readonly Gauge<long> _reconciliationDifferences;
    private readonly Counter<long> _reconciliationPasses;
    private readonly Counter<long> _leaseIssued;
    private readonly Counter<long> _leaseDenied;
    private readonly Counter<long> _leaseRevoked;
    private readonly Histogram<double> _issueDuration;
    private readonly Histogram<double> _decisionDuration;
    private readonly Counter<long> _operatorDecisions;
    private readonly Histogram<double> _engineDuration;
    private readonly Counter<long> _engineProcessFailures;
    private readonly Histogram<double> _rotationDuration;
    private readonly Histogram<double> _revocationLag;
    private readonly Counter<long> _storeFailures;
    private readonly Counter<long> _externalFailures;
    private readonly Histogram<double> _auditAppendDuration;
    private readonly Counter<long> _auditAppendFailures;
    private readonly Counter<long> _auditFlushes;
    private readonly Counter<long> _auditReads;
    private readonly Gauge<long> _auditDiskFree;
    private readonly Gauge<long> _auditDiskLow;
    private readonly Counter<long> _authenticationFailures;
    private readonly Counter<long> _tokenCacheLookups;
    private readonly Counter<long> _policyReloads;
    private readonly Counter<long> _recheckLeases;
    private readonly Gauge<long> _recheckHeld;
    private readonly Counter<long> _catalogReloads;
    private readonly Counter<long> _ocspAnswers;
    private readonly Counter<long> _publicationRequests;
    private readonly UpDownCounter<long> _lifelineOpen;
    private readonly Counter<long> _taskEnded;
    private readonly Counter<long> _delegationChanges;
    private readonly Gauge<long> _killOrders;
    private readonly Counter<long> _killLeases;
    private readonly Histogram<double> _killStopDuration;
    private readonly Counter<long> _quarantines;
    private readonly Counter<long> _approvalSteps;
    private readonly Gauge<long> _approvalPending;
    private readonly Counter<long> _glassBroken;
    private readonly Gauge<long> _reviewOpen;

    public BrokerMetrics(IMeterFactory meterFactory, TimeProvider time)
    {
        var meter = meterFactory.Create(Scope);
        _backlog = new BacklogGauge(time);
        _targetDown = meter.CreateGauge<long>(Metrics.TargetDown, Units.Flag, "1 while calls of this kind fail at the target.");
        _leaseSignerLost = meter.CreateGauge<long>(
            Metrics.LeaseSignerLost, Units.Lease, "Active leases, in the store, signed by a key that this broker does not have.");
        _reconciliationRemoved = meter.CreateCounter<long>(
            Metrics.ReconciliationRemoved, Units.Lease, "Removed from a target because no lease covered it.");
        _reconciliationDifferences = meter.CreateGauge<long>(
            Metrics.ReconciliationDifferences, Units.Lease, "What was not as the leases say in the last pass over a target.");
        _reconciliationPasses = meter.CreateCounter<long>(Metrics.ReconciliationPasses, Units.Pass, "Targets held against the leases.");
        _leaseIssued = meter.CreateCounter<long>(Metrics.LeaseIssued, Units.Lease, "Leases issued.");
        _leaseDenied = meter.CreateCounter<long>(Metrics.LeaseDenied, Units.Request, "Requests for a lease that were turned down.");
        _leaseRevoked = meter.CreateCounter<long>(Metrics.LeaseRevoked, Units.Lease, "Leases proven gone at their target.");
        _issueDuration = Seconds(meter, Metrics.IssueDuration, "From the request to the answer.", Buckets.Calls);
        _decisionDuration = Seconds(meter, Metrics.DecisionDuration, "Asking policy.", Buckets.InProcess);
        _operatorDecisions = meter.CreateCounter<long>(
            Metrics.OperatorDecisions, Units.Request, "Asking policy whether an operator may do something.");
        _engineDuration = Seconds(meter, Metrics.EngineDuration, "One call of a credential engine.", Buckets.Calls);
        _engineProcessFailures = meter.CreateCounter<long>(
            Metrics.EngineProcessFailures, Units.Failure, "What went wrong with engines in processes of their own.");
        _rotationDuration = Seconds(meter, Metrics.RotationDuration, "One run of the command that rotates a kept secret.", Buckets.Commands);
        _revocationLag = Seconds(meter, Metrics.RevocationLag, "From due to proven gone.", Buckets.Lag);
        _storeFailures = meter.CreateCounter<long>(Metrics.StoreFailures, Units.Failure, "Failed calls of the lease store.");
        _externalFailures = meter.CreateCounter<long>(
            Metrics.ExternalFailures, Units.Failure, "Failed calls of systems that are neither store nor target.");
        _auditAppendDuration = Seconds(meter, Metrics.AuditAppendDuration, "From the call to durable.", Buckets.Calls);
        _auditAppendFailures = meter.CreateCounter<long>(
            Metrics.AuditAppendFailures, Units.Record, "Audit records whose durability could not be promised.");
        _auditFlushes = meter.CreateCounter<long>(Metrics.AuditFlushes, Units.Flush, "Flushes of the audit log to the disk.");
        _auditReads = meter.CreateCounter<long>(Metrics.AuditReads, Units.Request, "Questions to the audit log.");
        _auditDiskFree = meter.CreateGauge<long>(Metrics.AuditDiskFree, Units.Bytes, "Free space where the audit log is written.");
        _auditDiskLow = meter.CreateGauge<long>(Metrics.AuditDiskLow, Units.Flag, "1 while that space is below its warning level.");
        _authenticationFailures = meter.CreateCounter<long>(
            Metrics.AuthenticationFailures, Units.Request, "Calls whose caller could not be authenticated.");
        _tokenCacheLookups = meter.CreateCounter<long>(Metrics.TokenCacheLookups, Units.Lookup, "Lookups of validated tokens.");
        _policyReloads = meter.CreateCounter<long>(Metrics.PolicyReloads, Units.Reload, "Loads of the policy set.");
        _recheckLeases = meter.CreateCounter<long>(
            Metrics.RecheckLeases, Units.Lease, "Live leases asked about again after a change of policies.");
        _recheckHeld = meter.CreateGauge<long>(
            Metrics.RecheckHeld, Units.Lease, "Leases no longer allowed and not revoked before an operator confirms, in the store.");
        _catalogReloads = meter.CreateCounter<long>(Metrics.CatalogReloads, Units.Reload, "Loads of the catalogue.");
        _ocspAnswers = meter.CreateCounter<long>(Metrics.OcspAnswers, Units.Answer, "What was said of certificates by OCSP.");
        _publicationRequests = meter.CreateCounter<long>(Metrics.PublicationRequests, Units.Request, "Requests for what targets publish.");
        _lifelineOpen = meter.CreateUpDownCounter<long>(Metrics.LifelineOpen, Units.Lifeline, "Lifelines held open at this broker.");
        _taskEnded = meter.CreateCounter<long>(Metrics.TaskEnded, Units.Task, "Tasks ended.");
        _delegationChanges = meter.CreateCounter<long>(
            Metrics.DelegationChanges, Units.Delegation, "Delegations created, narrowed, ended and refused.");
        _killOrders = meter.CreateGauge<long>(Metrics.KillOrders, Units.Order, "Kill orders that stand, in the store.");
        _killLeases = meter.CreateCounter<long>(Metrics.KillLeases, Units.Lease, "Leases that kill orders ended.");
        _killStopDuration = Seconds(meter, Metrics.KillStopDuration, "From the call until nothing was issued.", Buckets.Calls);
        _quarantines = meter.CreateCounter<long>(Metrics.Quarantines, Units.Order, "Workloads put in quarantine because of how they behaved.");
        _approvalSteps = meter.CreateCounter<long>(Metrics.ApprovalSteps, Units.Request, "What happened to requests for an approval.");
        _approvalPending = meter.CreateGauge<long>(Metrics.ApprovalPending, Units.Request, "Requests waiting to be approved, in the store.");
        _glassBroken = meter.CreateCounter<long>(
            Metrics.GlassBroken, Units.Request, "Secrets taken without the approval that policy demands.");
        _reviewOpen = meter.CreateGauge<long>(Metrics.ReviewOpen, Units.Review, "Open reviews of that, in the store.");
        meter.CreateObservableGauge(
            Metrics.LeaseLive, () => _backlog.Sum(target => target.Live), Units.Lease, "Leases not yet revoked, in the store.");
        meter.CreateObservableGauge(
            Metrics.LeaseStuck, () => _backlog.Sum(target => target.Stuck), Units.Lease, "Leases tried often and not gone yet, in the store.");
        meter.CreateObservableGauge(
            Metrics.RevocationBacklog, () => _backlog.Sum(target => target.Due), Units.Lease, "Leases to be looked at now, in the store.");
        meter.CreateObservableGauge(
            Metrics.RevocationBacklogAge,
            () => _backlog.Oldest(target => target.OldestDue),
            Units.Seconds,
            "How long the oldest of the backlog has been due.");
        meter.CreateObservableGauge(
            Metrics.RevocationDebt, () => _backlog.Sum(target => target.Debt), Units.Lease, "Leases that should be gone and are not, in the store.");
        meter.CreateObservableGauge(
            Metrics.RevocationDebtAge,
            () => _backlog.Oldest(target => target.OldestDebt),
            Units.Seconds,
            "For how long the oldest of them should be gone.");
    }

    public void LeaseIssued(string grant, string engine) =>
        _leaseIssued.Add(1, Tag(Attributes.Grant, grant), Tag(Attributes.Engine, engine));

    /// <param name="reason">Why.</param>
    /// <param name="grant">The grant's name from the catalogue, never the caller's words; null when there was none.</param>
    public void LeaseDenied(DenialReason reason, string? grant) =>
        _leaseDenied.Add(1, Label(Attributes.Reason, reason), Tag(Attributes.Grant, grant ?? NoGrant));

    /// <param name="cause">Why it ended.</param>
    /// <param name="engine">The engine's type.</param>
    /// <param name="target">The target's name.</param>
    /// <param name="lag">From due to proven gone.</param>
    public void LeaseRevoked(EndCause cause, string engine, string target, TimeSpan lag)
    {
        _leaseRevoked.Add(1, Label(Attributes.Cause, cause), Tag(Attributes.Engine, engine));
        _revocationLag.Record(lag.TotalSeconds, Tag(Attributes.Engine, engine), Tag(Attributes.Target, target));
    }

    /// <param name="engine">The engine's type; null when the request did not get as far as a grant.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="duration">From the request to the answer.</param>
    public void IssueFinished(string? engine, IssueOutcome outcome, TimeSpan duration) =>
        _issueDuration.Record(
            duration.TotalSeconds, Tag(Attributes.Engine, engine ?? NoGrant), Label(Attributes.Outcome, outcome));

    public void Decided(DecisionOutcome outcome, TimeSpan duration) =>
        _decisionDuration.Record(duration.TotalSeconds, Label(Attributes.Outcome, outcome));

    /// <param name="action">The operator's action; one of a fixed set.</param>
    /// <param name="outcome">What came of it.</param>
    public void OperatorDecided(string action, OperatorOutcome outcome) =>
        _operatorDecisions.Add(1, Tag(Attributes.Operation, action), Label(Attributes.Outcome, outcome));

    public void EngineCalled(string engine, EngineOperation operation, EngineOutcome outcome, TimeSpan duration) =>
        _engineDuration.Record(
            duration.TotalSeconds,
            Tag(Attributes.Engine, engine),
            Label(Attributes.Operation, operation),
            Label(Attributes.Outcome, outcome));

    /// <param name="target">The target's name.</param>
    /// <param name="failure">What went wrong.</param>
    public void EngineProcessFailed(string target, EngineProcessFailure failure) =>
        _engineProcessFailures.Add(1, Tag(Attributes.Target, target), Label(Attributes.Reason, failure));

    /// <param name="target">The target's name.</param>
    /// <param name="outcome">How the command ended.</param>
    /// <param name="duration">From its start until nothing of it was left.</param>
    public void RotationRan(string target, RotationOutcome outcome, TimeSpan duration) =>
        _rotationDuration.Record(duration.TotalSeconds, Tag(Attributes.Target, target), Label(Attributes.Outcome, outcome));

    /// <summary>Replaces what is shown of one shard.</summary>
    /// <param name="shard">Which.</param>
    /// <param name="backlog">As the store says.</param>
    /// <param name="storeTime">The store's clock when it said so.</param>
    public void SetBacklog(int shard, IReadOnlyList<TargetBacklog> backlog, DateTimeOffset storeTime) =>
        _backlog.Set(shard, backlog, storeTime);

    /// <param name="target">The target's name.</param>
    /// <param name="operation">Issuing or revoking.</param>
    /// <param name="isDown">Whether it fails there.</param>
    public void SetTarget(string target, EngineOperation operation, bool isDown) =>
        _targetDown.Record(isDown ? 1 : 0, Tag(Attributes.Target, target), Label(Attributes.Operation, operation));

    /// <param name="target">The target's name.</param>
    /// <param name="leases">Active, and signed by a key that this broker does not have.</param>
    public void SetLostSigners(string target, int leases) => _leaseSignerLost.Record(leases, Tag(Attributes.Target, target));

    /// <param name="target">The target's name.</param>
    /// <param name="orphans">What no lease covers and is still there.</param>
    /// <param name="missing">What an active lease says exists.</param>
    public void Reconciled(string target, int orphans, int missing)
    {
        _reconciliationPasses.Add(1, Tag(Attributes.Target, target), Tag(Attributes.Outcome, "succeeded"));
        _reconciliationDifferences.Record(orphans, Tag(Attributes.Target, target), Tag(Attributes.Outcome, "orphan"));
        _reconciliationDifferences.Record(missing, Tag(Attributes.Target, target), Tag(Attributes.Outcome, "missing"));
    }

    public void OrphansRemoved(string target, int count) => _reconciliationRemoved.Add(count, Tag(Attributes.Target, target));

    public void ReconciliationFailed(string target) =>
        _reconciliationPasses.Add(1, Tag(Attributes.Target, target), Tag(Attributes.Outcome, "failed"));

    /// <param name="operation">The store's operation, such as <c>reserve</c>; one of a fixed set.</param>
    public void StoreFailed(string operation) => _storeFailures.Add(1, Tag(Attributes.Operation, operation));

    public void ExternalCallFailed(ExternalSystem system) => _externalFailures.Add(1, Label(Attributes.System, system));

    public void AuditAppended(TimeSpan duration) => _auditAppendDuration.Record(duration.TotalSeconds);

    public void AuditFailed(int records) => _auditAppendFailures.Add(records);

    public void AuditFlushed() => _auditFlushes.Add(1);

    public void AuditRead(AuditReadOutcome outcome) => _auditReads.Add(1, Label(Attributes.Outcome, outcome));

    public void AuditDisk(long freeBytes, bool low)
    {
        _auditDiskFree.Record(freeBytes);
        _auditDiskLow.Record(low ? 1 : 0);
    }

    public void AuthenticationFailed(AuthenticationFailure reason) =>
        _authenticationFailures.Add(1, Label(Attributes.Reason, reason));

    public void TokenCacheLookedUp(bool hit) => _tokenCacheLookups.Add(1, Tag(Attributes.Outcome, hit ? "hit" : "miss"));

    public void PolicyReloaded(ReloadOutcome outcome) => _policyReloads.Add(1, Label(Attributes.Outcome, outcome));

    public void LeasesRechecked(RecheckVerdict verdict, int leases)
    {
        if (leases > 0)
        {
            _recheckLeases.Add(leases, Label(Attributes.Outcome, verdict));
        }
    }

    public void RecheckHeld(int leases) => _recheckHeld.Record(leases);

    public void CatalogReloaded(ReloadOutcome outcome) => _catalogReloads.Add(1, Label(Attributes.Outcome, outcome));

    public void OcspAnswered(string target, OcspOutcome outcome) =>
        _ocspAnswers.Add(1, Tag(Attributes.Target, target), Label(Attributes.Outcome, outcome));

    /// <param name="target">Of the catalogue: a stranger's word is no label.</param>
    /// <param name="document">What was asked for.</param>
    /// <param name="outcome">Whether it was had.</param>
    public void Published(string target, PublishedDocument document, PublicationOutcome outcome) =>
        _publicationRequests.Add(
            1, Tag(Attributes.Target, target), Label(Attributes.Operation, document), Label(Attributes.Outcome, outcome));

    public void LifelineOpened() => _lifelineOpen.Add(1);

    public void LifelineClosed() => _lifelineOpen.Add(-1);

    public void TaskEnded(TaskOutcome outcome) => _taskEnded.Add(1, Label(Attributes.Outcome, outcome));

    public void DelegationChanged(DelegationChange change) => _delegationChanges.Add(1, Label(Attributes.Operation, change));

    /// <param name="scope">What kind of order.</param>
    /// <param name="duration">From the call until no broker issued what it covers.</param>
    public void KillOrderGiven(KillScope scope, TimeSpan duration) =>
        _killStopDuration.Record(duration.TotalSeconds, Label(Attributes.Scope, scope));

    public void Quarantined(QuarantineReason reason) => _quarantines.Add(1, Label(Attributes.Reason, reason));

    public void SetKillOrders(int count) => _killOrders.Record(count);

    public void ApprovalStepped(ApprovalStep step) => _approvalSteps.Add(1, Label(Attributes.Outcome, step));

    public void SetApprovals(ApprovalTally tally)
    {
        _approvalPending.Record(tally.Pending);
        _reviewOpen.Record(tally.OpenReviews);
    }

    /// <param name="grant">The grant's name from the catalogue.</param>
    public void GlassBroken(string grant) => _glassBroken.Add(1, Tag(Attributes.Grant, grant));

    public void LeasesKilled(int count) => _killLeases.Add(count);

    private static Histogram<double> Seconds(Meter meter, string name, string description, double[] buckets) =>
        meter.CreateHistogram(
            name, Units.Seconds, description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });

    private static KeyValuePair<string, object?> Tag(string key, string value) => new(key, value);

    private static KeyValuePair<string, object?> Label<T>(string key, T value)
        where T : struct, Enum => new(key, LabelText<T>.Of(value));
}
