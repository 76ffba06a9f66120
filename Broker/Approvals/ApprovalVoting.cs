using SecretsBroker.Approvals.Notices;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Approvals;

/// <summary>
/// Takes what approvers say. On the record first: what cannot be recorded counts for nothing. Nobody who stands behind a request has a say in
/// it, and everybody has one.
/// </summary>
internal sealed partial class ApprovalVoting(
    IApprovalStore approvals,
    ILeaseStore store,
    OperatorGate gate,
    IAuditSink audit,
    NoticeQueue notices,
    BrokerMetrics metrics,
    IOptions<ApprovalOptions> options,
    ILogger<ApprovalVoting> logger)
{
    // How often others may vote between this one's look and its vote, before the caller is asked to come again.
    private const int Attempts = 10;

    /// <param name="id">Which.</param>
    /// <param name="ballot">Who says what.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="AuditException">It cannot be recorded, and does not count.</exception>
    public async Task<VoteResult> VoteAsync(ApprovalId id, Ballot ballot, CancellationToken cancellationToken)
    {
        if (await approvals.FindAsync(id, cancellationToken) is not { } approval)
        {
            return new VoteResult(VoteOutcome.NotFound, null);
        }

        var demands = ApprovalDemand.Of(approval.Subject.Demands).Where(demand => demand.IsMetBy(ballot.Approver)).ToList();
        if (approval.Subject.IsParty(ballot.Approver) || demands.Count == 0)
        {
            var why = demands.Count == 0 ? VoteOutcome.NotAsked : VoteOutcome.IsParty;
            LogNotCounted(id, ballot.Approver.Id, why);
            await audit.AppendAsync(
                ApprovalRecords.NotCounted(approval, ballot.Approver, ballot.Approves, why, ballot.SourceAddress), cancellationToken);
            return new VoteResult(why, null);
        }

        var (groups, decision) = await AskAsync(demands, ballot, cancellationToken);
        if (groups.Count == 0)
        {
            return new VoteResult(VoteOutcome.Denied, null) { Decision = decision };
        }

        var vote = new ApprovalVote(ballot.Approver.Id.Value, groups, ballot.Approves, ballot.Reason, default);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await TryVoteAsync(id, vote, ballot, decision, cancellationToken) is { } result)
            {
                return result;
            }
        }

        throw new StoreException("the request is voted on faster than it can be counted", isTransient: true);
    }

    /// <summary>Asks policy for each group that the approver could speak for.</summary>
    private async Task<(List<string> Groups, Decision Decision)> AskAsync(
        IReadOnlyList<ApprovalDemand> demands, Ballot ballot, CancellationToken cancellationToken)
    {
        var groups = new List<string>();
        Decision? given = null;
        foreach (var demand in demands)
        {
            var question = new OperatorQuestion(ballot.Approver, OperatorAction.Approve, OperatorSubject.ApprovalGroup(demand.Group))
            {
                SourceAddress = ballot.SourceAddress,
                Reason = ballot.Reason,
            };
            var decision = await gate.DecideAsync(question, cancellationToken);
            if (decision.Answer.Allowed)
            {
                groups.Add(demand.Group);
            }

            given = given is null || decision.Answer.Allowed ? decision : given;
        }

        return (groups, given!);
    }

    /// <returns>Null when somebody else voted meanwhile.</returns>
    private async Task<VoteResult?> TryVoteAsync(
        ApprovalId id, ApprovalVote vote, Ballot ballot, Decision decision, CancellationToken cancellationToken)
    {
        var approval = await approvals.FindAsync(id, cancellationToken);
        if (approval?.Votes.FirstOrDefault(earlier => earlier.Approver == vote.Approver) is { } earlier)
        {
            // Said again, it is the same vote: an answer may have been lost.
            return new VoteResult(earlier.Approves == vote.Approves ? VoteOutcome.Counted : VoteOutcome.HasVoted, approval);
        }

        if (approval is not { State: ApprovalState.Pending } || await HasTaskEndedAsync(approval.Subject, cancellationToken))
        {
            return new VoteResult(VoteOutcome.NotPending, approval);
        }

        await audit.AppendAsync(
            ApprovalRecords.Voted(approval, vote, ballot.Approver, ballot.SourceAddress, decision.Id), cancellationToken);
        var next = approval.After(vote);
        switch (await approvals.VoteAsync(id, approval.Votes.Count, vote, next, options.Value.UseWithin, cancellationToken))
        {
            case VoteStatus.Changed:
                return null;
            case VoteStatus.NotPending:
                return new VoteResult(VoteOutcome.NotPending, approval);
        }

        LogCounted(id, ballot.Approver.Id, vote.Approves, next);
        var counted = await approvals.FindAsync(id, cancellationToken) ?? approval;
        if (next != ApprovalState.Pending)
        {
            metrics.ApprovalStepped(next == ApprovalState.Approved ? ApprovalStep.Approved : ApprovalStep.Rejected);
            notices.Publish(Notice.Decided(counted));
        }

        return new VoteResult(VoteOutcome.Counted, counted);
    }

    /// <summary>What is asked for a task that has ended can be served no more.</summary>
    private async Task<bool> HasTaskEndedAsync(ApprovalSubject subject, CancellationToken cancellationToken) =>
        subject.Task.Length > 0
        && await store.FindTaskAsync(new TaskKey(new WorkloadId(subject.Workload), new TaskId(subject.Task)), cancellationToken)
            is { IsOpen: false };

    [LoggerMessage(Level = LogLevel.Information, Message = "{Approver} voted on {Approval}: approves {Approves}; it is {State} now")]
    private partial void LogCounted(ApprovalId approval, WorkloadId approver, bool approves, ApprovalState state);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Approver} tried to vote on {Approval}, which does not count: {Why}")]
    private partial void LogNotCounted(ApprovalId approval, WorkloadId approver, VoteOutcome why);
}

/// <param name="Approver">Who votes.</param>
/// <param name="Approves">False rejects.</param>
/// <param name="Reason">Why, for those who read the log.</param>
/// <param name="SourceAddress">Where from; empty when not known.</param>
internal sealed record Ballot(Workload Approver, bool Approves, string Reason, string SourceAddress);

internal enum VoteOutcome
{
    Counted = 1,
    NotFound,

    /// <summary>The approver asked for it, or stands behind the request in another way.</summary>
    IsParty,

    /// <summary>The approver belongs to none of the groups that are asked.</summary>
    NotAsked,

    /// <summary>Policy does not let the approver do this.</summary>
    Denied,

    /// <summary>The approver has said the opposite before.</summary>
    HasVoted,

    /// <summary>It is decided, its time is over, or its task has ended.</summary>
    NotPending,
}

/// <param name="Outcome">What became of the vote.</param>
/// <param name="Approval">As it is now; null when it is not to be shown.</param>
internal sealed record VoteResult(VoteOutcome Outcome, Approval? Approval)
{
    /// <summary>Policy's, of <see cref="VoteOutcome.Denied"/>.</summary>
    public Decision? Decision { get; init; }
}
