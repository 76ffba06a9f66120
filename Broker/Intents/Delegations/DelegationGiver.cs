using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Intents.Delegations;

/// <summary>
/// Lets one workload act for another's task, on the record. Giving grants nothing by itself: at each use the whole chain is looked at
/// again, and policy is asked about everybody in it.
/// </summary>
internal sealed partial class DelegationGiver(
    ILeaseStore store,
    IDelegationStore delegations,
    DelegationChains chains,
    IAuditSink audit,
    IOptions<TaskOptions> options,
    BrokerMetrics metrics,
    ILogger<DelegationGiver> logger)
{
    /// <exception cref="AuditException">It is not on the record, so nothing was given.</exception>
    public async Task<GiveOutcome> GiveAsync(
        Workload giver, DelegationOffer offer, string sourceAddress, CancellationToken cancellationToken)
    {
        if (await store.FindTaskAsync(new TaskKey(giver.Id, offer.Task), cancellationToken) is not { } task)
        {
            return new GiveOutcome(GiveDelegationStatus.TaskNotFound, null, DelegationFault.None);
        }

        var now = await store.GetTimeAsync(cancellationToken);
        if (!task.GoesOn(now))
        {
            return new GiveOutcome(GiveDelegationStatus.TaskEnded, null, DelegationFault.None);
        }

        var above = task.Delegation is { } id ? await chains.ReadAsync(id, cancellationToken) : null;
        var (delegation, fault) = Draw(giver, offer, task, above, sourceAddress, now);
        if (delegation is null)
        {
            return await RefuseAsync(giver, offer, fault, sourceAddress, cancellationToken);
        }

        if (await delegations.FindDelegationAsync(delegation.Id, cancellationToken) is { } known)
        {
            return Outcome(GiveDelegationResult.OfKnown(known, delegation));
        }

        // Before it stands anywhere: nobody acts on what is not on the record.
        await audit.AppendAsync(DelegationRecords.Created(delegation, giver, sourceAddress), cancellationToken);
        var given = await delegations.GiveDelegationAsync(delegation, options.Value.MaxDelegationsPerTask, cancellationToken);
        if (given.Status == GiveDelegationStatus.Given)
        {
            metrics.DelegationChanged(DelegationChange.Created);
            LogGiven(delegation.Id, delegation.Delegator, delegation.Delegate, delegation.Chain.Links.Count);
        }

        return Outcome(given);
    }

    private (Delegation? Delegation, DelegationFault Fault) Draw(
        Workload giver, DelegationOffer offer, AgentTask task, ChainState? above, string sourceAddress, DateTimeOffset now)
    {
        if (task.Delegation is not null && above is null)
        {
            return (null, DelegationFault.Over);
        }

        if (above?.FaultAt(now) is { } broken and not DelegationFault.None)
        {
            return (null, broken);
        }

        if (above is null && task.Scope is null)
        {
            return (null, DelegationFault.NoScope);
        }

        if (offer.Delegate == giver.Id || above?.Chain.Links.Any(link => link.Task.Owner == offer.Delegate) == true)
        {
            return (null, DelegationFault.Cyclic);
        }

        var latest = above is not null && above.Latest < task.ExpireTime ? above.Latest : task.ExpireTime;
        var terms = new DelegationTerms
        {
            Scope = offer.Scope ?? task.Scope ?? above!.Delegations[^1]!.Terms.Scope,
            ExpireTime = offer.ExpireTime is { } asked && asked < latest ? asked : latest,
            MaxUses = offer.MaxUses,
            MoreHops = offer.MoreHops,
            MayRephrase = offer.MayRephrase,
        };
        var fault = FaultOf(terms, offer, task, above, now);
        var basis = BasisOf(giver, sourceAddress);
        if (fault == DelegationFault.None && basis.Write().Length == 0)
        {
            fault = DelegationFault.GiverTooLarge;
        }

        if (fault != DelegationFault.None)
        {
            return (null, fault);
        }

        var shard = LeaseShards.Of(offer.Delegate, store.ShardCount);
        var id = offer.RequestId.Length > 0 ? DelegationId.Of(shard, task.Key, offer.RequestId) : DelegationId.New(shard);
        return (
            new Delegation
            {
                Chain = new DelegationChain(
                    above?.Chain.Root ?? RootIntent.Of(task), [.. above?.Chain.Links ?? [], new DelegationLink(id, task.Key)]),
                Delegate = offer.Delegate,
                Giver = basis,
                Terms = terms,
                CreateTime = now,
                Version = 1,
            },
            DelegationFault.None);
    }

    private DelegationFault FaultOf(
        DelegationTerms terms, DelegationOffer offer, AgentTask task, ChainState? above, DateTimeOffset now)
    {
        var depth = (above?.Chain.Links.Count ?? 0) + 1;
        var hops = Math.Min(above?.MoreHops - 1 ?? int.MaxValue, options.Value.MaxDelegationDepth - depth);
        if (terms.MoreHops > hops || hops < 0)
        {
            return DelegationFault.TooDeep;
        }

        var within = (task.Scope?.Contains(terms.Scope) ?? true) && (above?.Contains(terms.Scope) ?? true);
        if (!within || !terms.Scope.Resources.All(IntentScope.IsPlain))
        {
            return DelegationFault.OutsideScope;
        }

        if (terms.ExpireTime <= now || offer.ExpireTime <= now)
        {
            return DelegationFault.Over;
        }

        if (above is null)
        {
            return DelegationFault.None;
        }

        return above.Delegations.Any(delegation => delegation!.Terms.MaxUses < terms.MaxUses) ? DelegationFault.TooManyUses
            : terms.MayRephrase && !above.MayRephrase ? DelegationFault.PurposeChanged
            : above.FaultOf([task.Purpose]);
    }

    private async Task<GiveOutcome> RefuseAsync(
        Workload giver, DelegationOffer offer, DelegationFault fault, string sourceAddress, CancellationToken cancellationToken)
    {
        metrics.DelegationChanged(DelegationChange.Refused);
        LogRefused(giver.Id, offer.Delegate, fault);
        await audit.AppendAsync(
            DelegationRecords.Refused(giver, offer.Task.Value, delegation: "", offer.Delegate, fault, sourceAddress), cancellationToken);
        return new GiveOutcome(GiveDelegationStatus.Given, null, fault);
    }

    private static GiveOutcome Outcome(GiveDelegationResult given) => new(given.Status, given.Delegation, DelegationFault.None);

    private static DecisionBasis BasisOf(Workload giver, string sourceAddress) => new()
    {
        Method = giver.Method,
        Possession = giver.Possession,
        Groups = giver.Groups,
        Attributes = giver.Attributes,
        ProofExpireTime = giver.ExpireTime,
        SourceAddress = sourceAddress,
        PolicyHash = "",
    };

    [LoggerMessage(LogLevel.Information, "Delegation {Delegation}: {Delegator} lets {Delegate} act, at depth {Depth}")]
    private partial void LogGiven(DelegationId delegation, WorkloadId delegator, WorkloadId @delegate, int depth);

    [LoggerMessage(LogLevel.Warning, "{Delegator} may not delegate this to {Delegate}: {Fault}")]
    private partial void LogRefused(WorkloadId delegator, WorkloadId @delegate, DelegationFault fault);
}

/// <param name="Status">What happened, as long as there is no fault.</param>
/// <param name="Delegation">As it stands; null when it does not.</param>
/// <param name="Fault">Why it may not be given.</param>
internal readonly record struct GiveOutcome(GiveDelegationStatus Status, Delegation? Delegation, DelegationFault Fault);
