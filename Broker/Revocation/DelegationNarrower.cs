using System.Security.Cryptography;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation;

/// <summary>
/// Makes a delegation less: from the moment the store has the new terms, whatever is asked for beneath it is held against them. Then what
/// is live beneath is made to follow: a lease outside is ended, one that would last longer is cut.
/// </summary>
internal sealed partial class DelegationNarrower(
    ILeaseStore store,
    IDelegationStore delegations,
    Revoker revoker,
    IAuditSink audit,
    BrokerMetrics metrics,
    ILogger<DelegationNarrower> logger)
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuv";

    // How often others may narrow it between reading and writing, before the caller is asked to come again.
    private const int Attempts = 20;

    /// <returns>Null when the workload has given no such delegation.</returns>
    /// <exception cref="StoreException">Not all that is beneath follows yet; the sweep goes on, and the call may be repeated.</exception>
    public async Task<NarrowOutcome?> NarrowAsync(
        Workload giver, DelegationId id, DelegationCut cut, string sourceAddress, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await delegations.FindDelegationAsync(id, cancellationToken) is not { } stands || stands.Delegator != giver.Id)
            {
                return null;
            }

            var terms = Cut(stands.Terms, cut, await store.GetTimeAsync(cancellationToken));
            if (FaultOf(terms, stands.Terms) is not DelegationFault.None and var fault)
            {
                metrics.DelegationChanged(DelegationChange.Refused);
                await audit.AppendAsync(
                    DelegationRecords.Refused(giver, stands.Task.Id.Value, id.Value, stands.Delegate, fault, sourceAddress), cancellationToken);
                return new NarrowOutcome(NarrowDelegationStatus.Narrowed, null, fault);
            }

            var change = new DelegationChangeNote(id, stands.Task, RandomNumberGenerator.GetString(Alphabet, 16));
            // From here on not cancelled with the call: what has begun is brought to its end.
            await delegations.BeginDelegationChangeAsync(change, CancellationToken.None);
            var narrowed = await delegations.NarrowDelegationAsync(id, stands.Version, terms, CancellationToken.None);
            if (narrowed.Status == NarrowDelegationStatus.Narrowed)
            {
                await FinishAsync(change);
                metrics.DelegationChanged(DelegationChange.Narrowed);
                LogNarrowed(id, giver.Id);
                await audit.AppendAsync(
                    DelegationRecords.Narrowed(narrowed.Delegation!, giver, sourceAddress), CancellationToken.None);
                return new NarrowOutcome(narrowed.Status, narrowed.Delegation, DelegationFault.None);
            }

            await delegations.FinishDelegationChangeAsync(change, CancellationToken.None);
            if (narrowed.Status == NarrowDelegationStatus.Over)
            {
                return new NarrowOutcome(narrowed.Status, null, DelegationFault.None);
            }
        }

        throw new StoreException("the delegation is changed faster than it can be narrowed", isTransient: true);
    }

    /// <summary>Makes all follow that is beneath; safe to repeat, whoever began it.</summary>
    public async Task FinishAsync(DelegationChangeNote change)
    {
        if (await delegations.FindDelegationAsync(change.Id, CancellationToken.None) is { EndTime: null } delegation)
        {
            await FollowAsync(delegation, change.Id);
        }

        await delegations.FinishDelegationChangeAsync(change, CancellationToken.None);
    }

    private async Task FollowAsync(Delegation narrowed, DelegationId beneath)
    {
        var tasks = await delegations.ListDelegatedTasksAsync(beneath, CancellationToken.None);
        await FanOut.ForEachAsync(tasks, task => FollowAsync(narrowed, task));
    }

    private async Task FollowAsync(Delegation narrowed, TaskKey key)
    {
        var task = await store.FindTaskAsync(key, CancellationToken.None);
        var leases = await store.ListTaskLeasesAsync(key, CancellationToken.None);
        await FanOut.ForEachAsync(
            leases.Where(lease => lease.State is LeaseState.Pending or LeaseState.Active),
            lease => FollowAsync(narrowed, lease, task?.Purpose ?? ""));
        var given = await delegations.ListGivenAsync(key, CancellationToken.None);
        await FanOut.ForEachAsync(given, id => FollowAsync(narrowed, id));
    }

    private async Task FollowAsync(Delegation narrowed, Lease lease, string taskPurpose)
    {
        var terms = narrowed.Terms;
        var below = (lease.Delegation?.Links.Count ?? 0) - narrowed.Chain.Links.Count;
        var purposes = terms.MayRephrase
            || (lease.Purpose == narrowed.Chain.Root.Purpose && taskPurpose == narrowed.Chain.Root.Purpose);
        if (terms.Scope.Contains(lease.Action, lease.Resource) && below <= terms.MoreHops && purposes)
        {
            await delegations.CapLeaseAsync(lease.Id, terms.ExpireTime, CancellationToken.None);
            return;
        }

        await store.EndAsync(lease.Id, EndCause.Delegation, CancellationToken.None);
        revoker.RevokeSoon(lease.Id);
    }

    private static DelegationTerms Cut(DelegationTerms terms, DelegationCut cut, DateTimeOffset now) => terms with
    {
        Scope = cut.Scope ?? terms.Scope,
        // What is beneath was live until now: an end before that would be untrue, and what is counted from it wrong.
        ExpireTime = cut.ExpireTime is not { } end ? terms.ExpireTime
            : end >= now ? end
            : now < terms.ExpireTime ? now : terms.ExpireTime,
        MaxUses = cut.MaxUses ?? terms.MaxUses,
        MoreHops = cut.MoreHops ?? terms.MoreHops,
        MayRephrase = cut.MayRephrase ?? terms.MayRephrase,
    };

    private static DelegationFault FaultOf(DelegationTerms terms, DelegationTerms stands) =>
        terms.IsWithin(stands) ? DelegationFault.None
        : !stands.Scope.Contains(terms.Scope) ? DelegationFault.OutsideScope
        : terms.ExpireTime > stands.ExpireTime ? DelegationFault.TooLong
        : terms.MoreHops > stands.MoreHops ? DelegationFault.TooDeep
        : terms.MayRephrase && !stands.MayRephrase ? DelegationFault.PurposeChanged
        : DelegationFault.TooManyUses;

    [LoggerMessage(LogLevel.Information, "Delegation {Delegation} was narrowed by {Delegator}")]
    private partial void LogNarrowed(DelegationId delegation, WorkloadId delegator);
}

/// <param name="Status">What happened, as long as there is no fault.</param>
/// <param name="Delegation">As it stands; null when it does not.</param>
/// <param name="Fault">Why it may not become so.</param>
internal readonly record struct NarrowOutcome(NarrowDelegationStatus Status, Delegation? Delegation, DelegationFault Fault);
