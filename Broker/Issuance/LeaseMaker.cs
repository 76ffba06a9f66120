using SecretsBroker.Audit;
using SecretsBroker.Engines;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Revocation;
using SecretsBroker.Sealing;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Issuance;

/// <summary>
/// From an allowed intent to a secret: reserve, issue, activate, record, hand out. Any step may fail or be the last before a crash; the
/// reservation, written before anything exists at the target, is what revocation finds it by.
/// </summary>
internal sealed partial class LeaseMaker(
    TargetEngines engines,
    ILeaseStore store,
    DelegationChains chains,
    ApprovalGate approvals,
    Revoker revoker,
    TargetDebts debts,
    IAuditSink audit,
    BrokerMetrics metrics,
    BrokerTracing tracing,
    IOptions<IssuanceOptions> options,
    TimeProvider time,
    ILogger<LeaseMaker> logger)
{
    /// <exception cref="BrokerException">Something that it needs does not work. No secret was handed out; what was made is undone.</exception>
    public async Task<IssueResult> MakeAsync(AllowedIntent allowed, CancellationToken cancellationToken)
    {
        var grant = allowed.Grant;
        var engine = engines.Find(grant.Target)
            ?? throw new EngineException($"target {grant.Target} has no engine", isTransient: false);

        if (debts.Of(grant.Target).Exceeds(engine.Target))
        {
            return await RefuseAsync(allowed, RefusalReason.TargetInDebt, killOrder: "", cancellationToken);
        }

        // A place first, a reservation then: callers that wait for a slow target must not fill the store.
        using var place = await engine.TryEnterIssueAsync(cancellationToken);
        if (place is null)
        {
            var refused = await RefuseAsync(allowed, RefusalReason.TargetBusy, killOrder: "", cancellationToken);
            return refused with { RetryAfter = engine.RetryAfter };
        }

        if (await UseDelegationsAsync(allowed, cancellationToken) is { } notUsed)
        {
            return await RefuseAsync(allowed, notUsed, killOrder: "", cancellationToken);
        }

        // As late as can be: what follows may fail, and an approval is used up all the same.
        if (await approvals.PassAsync(allowed.Clearance, allowed.Decision, cancellationToken) is { } unapproved)
        {
            var refused = await RefuseAsync(allowed, unapproved.Reason, killOrder: "", cancellationToken);
            return refused with { ApprovalId = unapproved.Approval?.Value ?? "" };
        }

        var maximum = Shortest.Of(grant.MaxTimeToLive, allowed.Decision.Answer.Obligations.MaxTimeToLive);
        var timeToLive = Shortest.Of(allowed.Question.Intent.TimeToLive!.Value, maximum);
        var issueLimit = Shortest.Of(engine.Target.Timeout, timeToLive);
        var reserveStart = time.GetTimestamp();
        var reserved = await ReserveAsync(Reservation(allowed, timeToLive, maximum, issueLimit), cancellationToken);
        if (reserved.Replaced is { } replaced)
        {
            revoker.RevokeSoon(replaced.Id);
        }

        if (reserved.Lease is not { } lease)
        {
            return await RefuseAsync(allowed, Refusals.Of(reserved.Status), reserved.KillOrder, cancellationToken);
        }

        if (!await StillHoldsAsync(lease, allowed))
        {
            revoker.AbandonSoon(lease.Id, EndCause.Delegation, settled: true);
            return await RefuseAsync(allowed, RefusalReason.DelegationOver, killOrder: "", cancellationToken);
        }

        // Counted from before the reservation, by this machine: the call ends before the store calls its deadline past.
        var left = issueLimit - time.GetElapsedTime(reserveStart);
        var intent = allowed.Question.Intent with { TimeToLive = timeToLive };
        var request = new IssueRequest(
            lease.Id, lease.Owner, lease.Task.Id, intent, grant, lease.ExpireTime, allowed.Command.Input)
        {
            Delegation = lease.Delegation,
        };
        Credential credential;
        try
        {
            credential = await IssueAsync(engine, request, left);
        }
        catch (TargetBusyException)
        {
            var refused = await RefuseAsync(allowed, RefusalReason.TargetBusy, killOrder: "", cancellationToken);
            return refused with { RetryAfter = engine.RetryAfter };
        }

        try
        {
            return await HandOverAsync(engine, lease, credential, allowed, cancellationToken);
        }
        catch
        {
            credential.Dispose();
            throw;
        }
    }

    /// <summary>Before the reservation, so that a crash in between wastes a use and does not give one away.</summary>
    private async Task<RefusalReason?> UseDelegationsAsync(AllowedIntent allowed, CancellationToken cancellationToken)
    {
        if (allowed.Above is not { } above)
        {
            return null;
        }

        return await chains.UseAsync(above.Chain, allowed.Decision.Id, cancellationToken) switch
        {
            UseDelegationStatus.Used => null,
            UseDelegationStatus.UsedUp => RefusalReason.DelegationUsedUp,
            _ => RefusalReason.DelegationOver,
        };
    }

    /// <summary>
    /// After the reservation: what was changed above before it is seen here, and who changes anything later finds the reservation.
    /// </summary>
    private async Task<bool> StillHoldsAsync(Lease lease, AllowedIntent allowed)
    {
        try
        {
            return await chains.HoldsAsync(lease, allowed.Question.Context.TaskPurpose, CancellationToken.None);
        }
        catch
        {
            revoker.AbandonSoon(lease.Id, EndCause.IssueFailed, settled: true);
            throw;
        }
    }

    private async Task<Credential> IssueAsync(TargetEngine engine, IssueRequest request, TimeSpan limit)
    {
        try
        {
            if (limit <= TimeSpan.Zero)
            {
                throw new EngineException($"target {engine.Target.Name}: no time was left to issue", isTransient: true);
            }

            // Not the caller's token: a call that has begun is brought to its end, so that what it made is known.
            return await engine.IssueAsync(request, limit, CancellationToken.None);
        }
        catch (Exception e) when (e is CredentialInputException or TargetBusyException)
        {
            revoker.AbandonSoon(request.LeaseId, EndCause.IssueFailed, settled: true);
            throw;
        }
        catch (Exception e)
        {
            // The call may still take effect at the target: the lease keeps its settle time.
            LogIssueFailed(request.LeaseId, engine.Target.Name, e);
            revoker.AbandonSoon(request.LeaseId, EndCause.IssueFailed, settled: false);
            throw;
        }
    }

    private async Task<IssueResult> HandOverAsync(
        TargetEngine engine,
        Lease reserved,
        Credential credential,
        AllowedIntent allowed,
        CancellationToken cancellationToken)
    {
        Lease lease;
        try
        {
            if (allowed.Command.Recipient is { } recipient)
            {
                // Before it is active: what cannot be sealed is not handed out in any other way.
                credential = SealedCredential.Of(credential, recipient, reserved.Id.Value);
            }

            var activated = await ActivateAsync(reserved.Id, credential.Handle);
            if (activated.Status != ActivateStatus.Activated || activated.Lease is null)
            {
                // Whatever the store thinks of it now, something was made: it has to go.
                revoker.AbandonSoon(reserved.Id, EndCause.Abandoned, settled: true);
                credential.Dispose();
                return await RefuseAsync(allowed, Refusals.Of(activated.Lease), killOrder: "", cancellationToken);
            }

            lease = activated.Lease;
            await audit.AppendAsync(LeaseRecords.Issued(lease, BrokerTracing.CurrentTraceId), CancellationToken.None);
        }
        catch
        {
            revoker.AbandonSoon(reserved.Id, EndCause.Undelivered, settled: true);
            throw;
        }

        if (cancellationToken.IsCancellationRequested)
        {
            revoker.AbandonSoon(lease.Id, EndCause.Undelivered, settled: true);
            cancellationToken.ThrowIfCancellationRequested();
        }

        metrics.LeaseIssued(lease.Grant, lease.Engine);
        LogIssued(lease.Id, allowed.Decision.Id, lease.Grant, lease.ExpireTime);
        return new IssueResult.Issued(lease, allowed.Decision, credential, engine.Revocability);
    }

    private async Task<IssueResult.Refused> RefuseAsync(
        AllowedIntent allowed, RefusalReason reason, string killOrder, CancellationToken cancellationToken)
    {
        var (question, decision) = (allowed.Question, allowed.Decision);
        metrics.LeaseDenied(Refusals.ToDenial(reason), question.Grant.Name);
        LogRefused(decision.Id, reason, killOrder);
        await audit.AppendAsync(Refusals.Record(question, decision, reason, killOrder), cancellationToken);
        return new IssueResult.Refused(reason, decision.Id);
    }

    private async Task<ReserveResult> ReserveAsync(Reservation reservation, CancellationToken cancellationToken)
    {
        using var span = tracing.StartStore("reserve");
        try
        {
            return await store.ReserveAsync(reservation, cancellationToken);
        }
        catch (StoreException e)
        {
            span.Fail(e);
            metrics.StoreFailed("reserve");
            throw;
        }
    }

    private async Task<ActivateResult> ActivateAsync(LeaseId id, string handle)
    {
        using var span = tracing.StartStore("activate");
        try
        {
            return await store.ActivateAsync(id, handle, CancellationToken.None);
        }
        catch (StoreException e)
        {
            span.Fail(e);
            metrics.StoreFailed("activate");
            throw;
        }
    }

    private Reservation Reservation(AllowedIntent allowed, TimeSpan timeToLive, TimeSpan maximum, TimeSpan issueLimit) => new()
    {
        Task = allowed.Task,
        Grant = allowed.Grant.Name,
        Engine = allowed.Grant.Engine,
        Target = allowed.Grant.Target,
        Action = allowed.Grant.Action,
        Resource = allowed.Grant.Resource,
        Tool = allowed.Command.Intent.Tool,
        Purpose = allowed.Command.Intent.Purpose,
        Initiator = allowed.Question.Context.Initiator,
        DecisionId = allowed.Decision.Id,
        Basis = LeaseBasis.Of(allowed.Question, allowed.Decision),
        RequestId = allowed.Command.RequestId,
        SealedFor = allowed.Command.Recipient?.Thumbprint ?? "",
        TraceParent = BrokerTracing.CurrentTraceParent,
        TimeToLive = timeToLive,
        MaxTimeToLive = maximum,
        IssueTimeout = issueLimit,
        SettleMargin = options.Value.SettleMargin,
        LatestExpireTime = allowed.Above?.Latest,
        Delegation = allowed.Above?.Chain,
        Quotas = new LeaseQuotas(
            options.Value.MaxLivePerWorkload, options.Value.MaxLivePerTask, options.Value.MaxIssuesPerMinute),
    };
}
