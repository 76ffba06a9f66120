using SecretsBroker.Audit;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Issuance;

/// <summary>Stretches a lease: policy is asked again, the store moves the end, the target follows.</summary>
internal sealed class LeaseRenewer(
    CurrentCatalog catalog, TargetEngines engines, ILeaseStore store, DecisionMaker decisions, IAuditSink audit)
{
    /// <returns>Null when the workload has no such lease.</returns>
    public async Task<RenewOutcome?> RenewAsync(
        Workload workload, LeaseId id, TimeSpan? timeToLive, string sourceAddress, CancellationToken cancellationToken)
    {
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

        var decision = await DecideAsync(workload, lease, task, timeToLive, sourceAddress, cancellationToken);
        if (!decision.Answer.Allowed)
        {
            return new RenewOutcome.Denied(decision);
        }

        var grant = catalog.Snapshot.FindGrant(lease.Grant)!;
        var engine = engines.Find(lease.Target)
            ?? throw new EngineException($"target {lease.Target} has no engine", isTransient: false);
        var wanted = Shortest.Of(Shortest.Of(timeToLive ?? grant.DefaultTimeToLive, grant.MaxTimeToLive), decision.Answer.Obligations.MaxTimeToLive);
        var now = await store.GetTimeAsync(cancellationToken);
        var end = Earlier(now + wanted, lease.MaxExpireTime);

        // The target first: if the broker dies in between, the store's earlier end still holds and the lease is revoked by it.
        if (end > lease.ExpireTime && !await engine.RenewAsync(lease, end, cancellationToken))
        {
            return new RenewOutcome.NotRenewable();
        }

        var renewed = await store.RenewAsync(id, end, cancellationToken);
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

    private Task<Decision> DecideAsync(
        Workload workload, Lease lease, AgentTask task, TimeSpan? timeToLive, string sourceAddress, CancellationToken cancellationToken)
    {
        var grant = catalog.Snapshot.FindGrant(lease.Grant);
        var asked = timeToLive ?? grant?.DefaultTimeToLive ?? TimeSpan.Zero;
        var intent = new Intent(
            lease.Action, lease.Resource, lease.Tool, lease.Purpose, grant is null ? asked : Shortest.Of(asked, grant.MaxTimeToLive));
        return AskAsync();

        async Task<Decision> AskAsync()
        {
            var context = new PolicyContext(
                lease.Task.Id,
                task.Purpose,
                task.Initiator,
                task.Labels,
                await store.GetTimeAsync(cancellationToken),
                sourceAddress,
                Renewal: true);
            if (grant is not null)
            {
                return await decisions.DecideAsync(new PolicyQuestion(workload, intent, grant, context), cancellationToken);
            }

            var gone = new Grant
            {
                Name = lease.Grant,
                Action = lease.Action,
                Resource = lease.Resource,
                Target = lease.Target,
                Engine = lease.Engine,
                DefaultTimeToLive = TimeSpan.Zero,
                MaxTimeToLive = TimeSpan.Zero,
            };
            return await decisions.DenyAsync(
                new PolicyQuestion(workload, intent, gone, context),
                DenialReason.UnknownGrant,
                "the lease's grant is not in the catalogue any more",
                cancellationToken);
        }
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}

/// <summary>The expected ends of a renewal.</summary>
internal abstract record RenewOutcome
{
    internal sealed record Renewed(Lease Lease, Decision Decision) : RenewOutcome;

    internal sealed record Denied(Decision Decision) : RenewOutcome;

    internal sealed record NotActive : RenewOutcome;

    /// <summary>This kind of credential cannot be stretched.</summary>
    internal sealed record NotRenewable : RenewOutcome;
}
