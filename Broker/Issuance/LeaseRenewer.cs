using SecretsBroker.Approvals;
using SecretsBroker.Audit;
using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Issuance;

/// <summary>Stretches a lease: policy is asked again, the store moves the end, the target follows.</summary>
internal sealed class LeaseRenewer(
    CurrentCatalog catalog,
    TargetEngines engines,
    ILeaseStore store,
    DelegationChains chains,
    DecisionMaker decisions,
    Delegators delegators,
    ApprovalGate approvals,
    TokenUse tokens,
    SignalReader behaviour,
    SignalBuffer signals,
    IAuditSink audit)
{
    /// <returns>Null when the workload has no such lease.</returns>
    public async Task<RenewOutcome?> RenewAsync(
        Workload workload, LeaseId id, Renewal asked, string sourceAddress, CancellationToken cancellationToken)
    {
        var timeToLive = asked.TimeToLive;
        var lease = await store.FindLeaseAsync(id, cancellationToken);
        if (lease is null || lease.Owner != workload.Id)
        {
            return null;
        }

        var task = await store.FindTaskAsync(lease.Task, cancellationToken);
        if (lease.State != LeaseState.Active || task is not { IsOpen: true })
        {
            return new RenewOutcome.NotActive();
        }

        var grant = FindGrant(lease);
        var above = lease.Delegation is { } chain ? await chains.ReadAsync(chain.Id, cancellationToken) : null;
        var (question, decision) = await DecideAsync(workload, lease, grant, task, above, timeToLive, sourceAddress, cancellationToken);
        if (!decision.Answer.Allowed || grant is null)
        {
            if (!decision.Answer.IsDueToFailure)
            {
                signals.Add(workload.Id, Signal.Denied);
            }

            return new RenewOutcome.Denied(decision);
        }

        if (await delegators.AgreeAsync(question, decision, above, cancellationToken) is not { } agreed)
        {
            return new RenewOutcome.Refused(
                await decisions.RefuseAsync(question, decision, RefusalReason.DelegatorDenied, approval: "", cancellationToken));
        }

        decision = agreed;

        if (await decisions.RefuseUnfulfillableAsync(question, decision, lease.SealedFor.Length > 0, cancellationToken) is { } refused)
        {
            return new RenewOutcome.Refused(refused);
        }

        var plea = new ApprovalPlea
        {
            Task = lease.Task.Id.Value,
            Lease = id.Value,
            SealedFor = lease.SealedFor,
            Approval = asked.Approval,
        };
        var clearance = await approvals.ClearAsync(question, decision, plea, cancellationToken);
        if (clearance is Clearance.Refused unapproved)
        {
            return await RefuseAsync(question, decision, unapproved, cancellationToken);
        }

        if (await tokens.RefuseUsedAsync(question, decision, cancellationToken) is { } used)
        {
            return new RenewOutcome.Refused(used);
        }

        var engine = engines.Find(lease.Target)
            ?? throw new EngineException($"target {lease.Target} has no engine", isTransient: false);
        var wanted = Shortest.Of(Shortest.Of(timeToLive ?? grant.DefaultTimeToLive, grant.MaxTimeToLive), decision.Answer.Obligations.MaxTimeToLive);
        var now = await store.GetTimeAsync(cancellationToken);
        // What is above may end earlier than it did; the store has cut the maximum, or is about to.
        var end = Earlier(Earlier(now + wanted, lease.MaxExpireTime), above?.Latest ?? DateTimeOffset.MaxValue);
        if (await approvals.PassAsync(clearance, decision, cancellationToken) is { } ended)
        {
            return await RefuseAsync(question, decision, ended, cancellationToken);
        }

        // The target first: if the broker dies in between, the store's earlier end still holds and the lease is revoked by it.
        if (end > lease.ExpireTime && !await engine.RenewAsync(lease, end, cancellationToken))
        {
            return new RenewOutcome.NotRenewable();
        }

        var renewed = await store.RenewAsync(id, end, LeaseBasis.Of(question, decision), cancellationToken);
        if (renewed.Status is RenewStatus.NotActive or RenewStatus.NotFound || renewed.Lease is null)
        {
            return new RenewOutcome.NotActive();
        }

        await audit.AppendAsync(
            LeaseRecords.Of(renewed.Lease, $"{id}/renewed/{decision.Id}", AuditEventType.Renewed) with
            {
                DecisionId = decision.Id,
                ExpireTime = renewed.Lease.ExpireTime,
                TraceId = BrokerTracing.CurrentTraceId,
            },
            cancellationToken);
        return new RenewOutcome.Renewed(renewed.Lease, decision);
    }

    private async Task<RenewOutcome> RefuseAsync(
        PolicyQuestion question, Decision decision, Clearance.Refused refused, CancellationToken cancellationToken) =>
        new RenewOutcome.Refused(await decisions.RefuseAsync(
            question, decision, refused.Reason, refused.Approval?.Value ?? "", cancellationToken));

    private async Task<(PolicyQuestion Question, Decision Decision)> DecideAsync(
        Workload workload,
        Lease lease,
        Grant? grant,
        AgentTask task,
        ChainState? above,
        TimeSpan? timeToLive,
        string sourceAddress,
        CancellationToken cancellationToken)
    {
        var asked = timeToLive ?? grant?.DefaultTimeToLive ?? TimeSpan.Zero;
        var intent = new Intent(
            lease.Action, lease.Resource, lease.Tool, lease.Purpose, grant is null ? asked : Shortest.Of(asked, grant.MaxTimeToLive));
        var behaved = behaviour.ReadAsync(workload.Id, cancellationToken);
        var context = new PolicyContext(
            lease.Task.Id,
            task.Purpose,
            task.Initiator,
            task.Labels,
            await store.GetTimeAsync(cancellationToken),
            sourceAddress,
            Renewal: true)
        {
            Signals = await behaved,
            VerifiedInitiator = task.VerifiedInitiator,
            Delegation = lease.Delegation?.Facts,
        };
        var question = new PolicyQuestion(workload, intent, grant ?? GrantThatWas(lease), context);
        if (grant is null)
        {
            return (question, await decisions.DenyAsync(
                question,
                DenialReason.UnknownGrant,
                "the lease's grant is not in the catalogue any more, or not for the same",
                cancellationToken));
        }

        if (TaskBounds.DenialOf(task, intent, above, context.Time) is { } denial)
        {
            return (question, await decisions.DenyAsync(question, denial.Reason, denial.Text, cancellationToken));
        }

        return (question, CatalogDenials.Of(grant, workload, lease.Tool) is { } unmet
            ? await decisions.DenyAsync(question, unmet.Reason, unmet.Text, cancellationToken)
            : await decisions.DecideAsync(question, cancellationToken));
    }

    /// <summary>
    /// Null when the catalogue has it no more, or has given its name to something else: policy would be asked about one thing, and
    /// another would be stretched.
    /// </summary>
    private Grant? FindGrant(Lease lease) =>
        catalog.Snapshot.FindGrant(lease.Grant, lease.Action, lease.Resource, lease.Engine, lease.Target);

    private static Grant GrantThatWas(Lease lease) => new()
    {
        Name = lease.Grant,
        Action = lease.Action,
        Resource = lease.Resource,
        Target = lease.Target,
        Engine = lease.Engine,
        DefaultTimeToLive = TimeSpan.Zero,
        MaxTimeToLive = TimeSpan.Zero,
    };

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}

/// <param name="TimeToLive">From now on; null asks for the grant's default.</param>
/// <param name="Approval">The approval that is to be used; null when there is none.</param>
internal readonly record struct Renewal(TimeSpan? TimeToLive, ApprovalId? Approval);

/// <summary>The expected ends of a renewal.</summary>
internal abstract record RenewOutcome
{
    internal sealed record Renewed(Lease Lease, Decision Decision) : RenewOutcome;

    internal sealed record Denied(Decision Decision) : RenewOutcome;

    /// <summary>Policy allows it, and something else stands in the way.</summary>
    internal sealed record Refused(IssueResult.Refused Refusal) : RenewOutcome;

    internal sealed record NotActive : RenewOutcome;

    /// <summary>This kind of credential cannot be stretched.</summary>
    internal sealed record NotRenewable : RenewOutcome;
}
