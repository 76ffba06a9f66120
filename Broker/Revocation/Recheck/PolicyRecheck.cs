using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation.Recheck;

/// <summary>
/// After a start and after each change of the policies: asks again about every live lease, and revokes those that are no longer allowed,
/// unless they are too many. Nothing is remembered from one pass for the next but the count of what was revoked: each asks all anew, so
/// that a broker that dies in between, or another on the same store that does the same, leaves nothing undone and nothing done twice.
/// </summary>
/// <remarks>Every broker of a store does so by its own reload. What an operator confirms is in the store, so that once is enough.</remarks>
internal sealed partial class PolicyRecheck(
    CurrentPolicies policies,
    RecheckWalk walk,
    DeniedLeases denied,
    ILeaseStore store,
    IAuditSink audit,
    BrokerMetrics metrics,
    IOptions<RecheckOptions> options,
    Backoff backoff,
    TimeProvider time,
    ILogger<PolicyRecheck> logger)
{
    /// <summary>
    /// How long a confirmation counts. Long enough to reach every broker, short enough that it does not speak for the same policies
    /// when they are put in place again another day.
    /// </summary>
    public static readonly TimeSpan ConfirmationLifetime = TimeSpan.FromHours(1);

    // By then a request that was decided before the change has been reserved, or has given up.
    private static readonly TimeSpan FollowUp = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan HeldInterval = TimeSpan.FromSeconds(30);

    private volatile RecheckReport? _report;
    private string _policyHash = "";
    private long _begun;
    private long _last;
    private TimeSpan? _delay;
    private int _failures;
    private int _revoked;

    /// <summary>Of the last pass for the policies in force; null while there was none.</summary>
    public RecheckReport? Report => _report;

    /// <summary>One tick of the recurring job: makes a pass if one is due. Ticks must not overlap.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var hash = policies.Snapshot.Hash;
        if (options.Value.Mode == RecheckOptions.Off || hash.Length == 0)
        {
            return;
        }

        if (hash != _policyHash)
        {
            Begin(hash);
        }
        else if (!await IsDueAsync(cancellationToken))
        {
            return;
        }

        await PassAsync(cancellationToken);
    }

    /// <summary>Takes an operator's word that what is held may be revoked.</summary>
    /// <returns>False when nothing is held at this broker because of policies of that hash.</returns>
    /// <exception cref="AuditException">It is not on the record, and does not count.</exception>
    public async Task<bool> ConfirmAsync(string policyHash, string actor, CancellationToken cancellationToken)
    {
        if (_report is not { Outcome: RecheckOutcome.Held } held || held.PolicyHash != policyHash)
        {
            return false;
        }

        await audit.AppendAsync(RecheckRecords.Confirmed(held, actor), cancellationToken);
        await store.ConfirmRecheckAsync(policyHash, actor, cancellationToken);
        LogConfirmed(actor, policyHash, held.Denied);
        return true;
    }

    private void Begin(string hash)
    {
        (_policyHash, _report, _failures, _revoked) = (hash, null, 0, 0);
        _begun = time.GetTimestamp();
        metrics.RecheckHeld(0);
    }

    private async Task<bool> IsDueAsync(CancellationToken cancellationToken) =>
        (_delay is { } delay && time.GetElapsedTime(_last) >= delay)
        || (_report is { Outcome: RecheckOutcome.Held } && await IsConfirmedAsync(cancellationToken));

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        // Until it has come to an end, the next tick makes it anew.
        (_last, _delay) = (time.GetTimestamp(), TimeSpan.Zero);
        if (await walk.AskAllAsync(_policyHash, cancellationToken) is not { } tally)
        {
            return;
        }

        var before = _report;
        var outcome = await DecideAsync(tally, cancellationToken);
        var leftSome = false;
        if (outcome == RecheckOutcome.Revoked)
        {
            (var ended, leftSome) = await denied.RevokeAsync(tally.Denied, _policyHash, cancellationToken);
            leftSome |= tally.Denied.Count < tally[RecheckVerdict.Denied];
            _revoked += ended;
        }

        var report = RecheckReport.Of(tally, _policyHash, outcome, _revoked, time.GetUtcNow());
        report = report with { IsIncomplete = report.IsIncomplete || leftSome };
        _report = report;
        _delay = NextPass(report, passStart: _last);
        Measure(report);
        await TellAsync(before, report, cancellationToken);
    }

    private async Task<RecheckOutcome> DecideAsync(RecheckTally tally, CancellationToken cancellationToken)
    {
        var count = tally[RecheckVerdict.Denied];
        if (count == 0)
        {
            return RecheckOutcome.Unchanged;
        }

        if (options.Value.Mode == RecheckOptions.DryRun)
        {
            return RecheckOutcome.DryRun;
        }

        return IsTooMuch(count, tally.Answered) && !await IsConfirmedAsync(cancellationToken)
            ? RecheckOutcome.Held
            : RecheckOutcome.Revoked;
    }

    /// <summary>With what these policies revoked in passes before: many small steps must not come to what one is kept from.</summary>
    private bool IsTooMuch(int count, int answered) =>
        _revoked + count > options.Value.MinRevokeCount
        && (_revoked + count) * 100L > (_revoked + answered) * (long)options.Value.MaxRevokePercent;

    private async Task<bool> IsConfirmedAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await store.FindRecheckConfirmationAsync(cancellationToken) is { } confirmation
                && confirmation.PolicyHash == _policyHash
                && await store.GetTimeAsync(cancellationToken) < confirmation.Time + ConfirmationLifetime;
        }
        catch (StoreException e)
        {
            metrics.StoreFailed("find_recheck_confirmation");
            LogConfirmationUnknown(e.Message);
            return false;
        }
    }

    private TimeSpan? NextPass(RecheckReport report, long passStart)
    {
        if (report.LeavesSomething)
        {
            return backoff.After(++_failures);
        }

        _failures = 0;
        if (report.Outcome == RecheckOutcome.Held)
        {
            return HeldInterval;
        }

        var followUpIn = FollowUp - time.GetElapsedTime(_begun, passStart);
        return followUpIn > TimeSpan.Zero ? followUpIn : null;
    }

    private void Measure(RecheckReport report)
    {
        metrics.LeasesRechecked(RecheckVerdict.Allowed, report.Allowed);
        metrics.LeasesRechecked(RecheckVerdict.Denied, report.Denied);
        metrics.LeasesRechecked(RecheckVerdict.Failed, report.Failed);
        metrics.LeasesRechecked(RecheckVerdict.Undecided, report.Undecided);
        metrics.LeasesRechecked(RecheckVerdict.NotAsked, report.NotAsked);
        metrics.RecheckHeld(report.Outcome == RecheckOutcome.Held ? report.Denied : 0);
    }

    /// <summary>Of passes that say the same as the one before, only the first is told.</summary>
    private async Task TellAsync(RecheckReport? before, RecheckReport report, CancellationToken cancellationToken)
    {
        if (before is not null
            && before.Outcome == report.Outcome && before.Revoked == report.Revoked && before.LeavesSomething == report.LeavesSomething)
        {
            return;
        }

        if (report.Outcome == RecheckOutcome.Held)
        {
            LogHeld(report.Denied, report.Denied + report.Allowed, options.Value.MaxRevokePercent, report.PolicyHash);
        }

        LogPassed(report.LeavesSomething ? LogLevel.Error : LogLevel.Information, report.PolicyHash, report.Outcome, report);
        try
        {
            await audit.AppendAsync(RecheckRecords.Passed(report), cancellationToken);
        }
        catch (AuditException e)
        {
            LogNotRecorded(report.PolicyHash, e.Message);
        }
    }
}
