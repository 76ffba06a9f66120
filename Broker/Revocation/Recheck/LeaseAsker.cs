using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation.Recheck;

/// <summary>
/// Asks policy about a live lease what it would be asked if its owner came for it now: the asker as it was shown to policy then, the
/// task, the intent, the grant as the catalogue has it now, and as time to live what is left of it, for that is what may be taken away.
/// A demand of the answer, such as a shorter <c>@max_ttl</c>, changes nothing about a lease that stays allowed: it holds from the next
/// issue or renewal on. Of a lease under a delegation, each workload above is asked about as well.
/// </summary>
/// <remarks>
/// Not asked about: a lease whose basis was not kept, because to ask without the groups and claims that it was allowed on would deny
/// what is still allowed, and an upgrade of the broker would revoke most of it; and one whose grant is no longer what it was, because
/// policy would answer about something else. They end by their time, and no renewal of them goes past policy.
/// </remarks>
internal sealed partial class LeaseAsker(
    IPolicyEngine policy,
    CurrentCatalog catalog,
    ILeaseStore store,
    DelegationChains chains,
    SignalReader behaviour,
    IOptions<RecheckOptions> options,
    TimeProvider time,
    ILogger<LeaseAsker> logger)
{
    /// <param name="live">The lease.</param>
    /// <param name="now">By the store's clock.</param>
    /// <param name="policyHash">Of the policies in force: a lease that they have allowed already is not asked about.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    public async Task<LeaseVerdict> AskAsync(LiveLease live, DateTimeOffset now, string policyHash, CancellationToken cancellationToken)
    {
        var (lease, basis) = live;
        if (basis is null)
        {
            return LeaseVerdict.NotAsked;
        }

        if (basis.PolicyHash == policyHash)
        {
            return new LeaseVerdict(RecheckVerdict.Allowed, Answer: null);
        }

        try
        {
            if (lease.ExpireTime <= now
                || FindGrant(lease) is not { } grant
                || await store.FindTaskAsync(lease.Task, cancellationToken) is not { } task)
            {
                return LeaseVerdict.NotAsked;
            }

            var question = Question(lease, basis, grant, task, now, await behaviour.ReadAsync(lease.Owner, cancellationToken));
            var verdict = await AskAsync(question, cancellationToken);
            return verdict.Kind == RecheckVerdict.Allowed && lease.Delegation is { } chain
                ? await AskAboveAsync(question, chain, verdict, cancellationToken)
                : verdict;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(lease.Id, e is BrokerException known ? known.Message : e.GetType().Name);
            return LeaseVerdict.Failed;
        }
    }

    /// <summary>Whether those through whom it came may still have it. The first answer other than yes counts.</summary>
    private async Task<LeaseVerdict> AskAboveAsync(
        PolicyQuestion question, DelegationChain chain, LeaseVerdict verdict, CancellationToken cancellationToken)
    {
        // A delegation that is over ends its leases by itself.
        if (await chains.ReadAsync(chain.Id, cancellationToken) is not { } above)
        {
            return LeaseVerdict.NotAsked;
        }

        for (var link = 0; link < above.Chain.Links.Count && verdict.Kind == RecheckVerdict.Allowed; link++)
        {
            var behaved = await behaviour.ReadAsync(above.Chain.Links[link].Task.Owner, cancellationToken);
            verdict = DelegatorQuestion.Of(question, above, link, behaved) is { } asked
                ? await AskAsync(asked, cancellationToken)
                : LeaseVerdict.NotAsked;
        }

        return verdict;
    }

    private async Task<LeaseVerdict> AskAsync(PolicyQuestion question, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(options.Value.DecisionTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        return LeaseVerdict.Of(await policy.DecideAsync(question, linked.Token).AsTask().WaitAsync(linked.Token));
    }

    private Grant? FindGrant(Lease lease) =>
        catalog.Snapshot.FindGrant(lease.Grant, lease.Action, lease.Resource, lease.Engine, lease.Target);

    private static PolicyQuestion Question(
        Lease lease, DecisionBasis basis, Grant grant, AgentTask task, DateTimeOffset now, BehaviourSignals behaved) => new(
        basis.ToWorkload(lease.Owner),
        new Intent(lease.Action, lease.Resource, lease.Tool, lease.Purpose, lease.ExpireTime - now),
        grant,
        new PolicyContext(
            lease.Task.Id, task.Purpose, task.Initiator, task.Labels, now, basis.SourceAddress, Renewal: false)
        {
            Signals = behaved,
            VerifiedInitiator = task.VerifiedInitiator,
            Delegation = lease.Delegation?.Facts,
        });

    [LoggerMessage(LogLevel.Debug, "Policy could not be asked about lease {LeaseId} again: {Failure}")]
    private partial void LogFailed(LeaseId leaseId, string failure);
}
