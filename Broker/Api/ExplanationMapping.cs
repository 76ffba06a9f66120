using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Audit.Reading;
using AuditCoverage = SecretsBroker.Audit.Reading.AuditCoverage;
using Explained = SecretsBroker.Explaining;

namespace SecretsBroker.Api;

/// <summary>Explanations to messages; also those that the command line makes from files.</summary>
internal static class ExplanationMapping
{
    public static V1.LeaseExplanation ToMessage(Explained.LeaseExplanation lease)
    {
        var message = WithoutCoverage(lease);
        message.Coverage = ToMessage(lease.Coverage);
        return message;
    }

    public static V1.TaskExplanation ToMessage(Explained.TaskExplanation task) => new()
    {
        Actor = ToMessage(task.Actor),
        Task = ToMessage(task.Task),
        Leases = { task.Leases.Select(WithoutCoverage) },
        LeaseCount = task.LeaseCount,
        TurnedDown = { task.TurnedDown.Select(ToMessage) },
        TurnedDownCount = task.TurnedDownCount,
        UseCount = task.UseCount,
        ViolationCount = task.ViolationCount,
        OpenLeaseCount = task.OpenLeases,
        LongestOutlived = task.LongestOutlived?.ToDuration(),
        Missing = { task.Missing },
        Coverage = ToMessage(task.Coverage),
        Delegation = task.Delegation is { } delegation ? ToMessage(delegation) : null,
        Given = { task.Given.Select(ToMessage) },
    };

    public static V1.AuditCoverage ToMessage(AuditCoverage coverage) => new()
    {
        Whole = coverage.IsWhole,
        CutShort = coverage.IsCutShort,
        Faults = { coverage.Faults },
        Ranges = { coverage.Ranges.Select(ToMessage) },
    };

    private static V1.LeaseExplanation WithoutCoverage(Explained.LeaseExplanation lease) => new()
    {
        LeaseId = lease.Lease,
        Actor = ToMessage(lease.Actor),
        Task = ToMessage(lease.Task),
        Intent = new V1.ExplainedIntent
        {
            Action = lease.Action,
            Resource = lease.Resource,
            Tool = lease.Tool,
            Purpose = lease.Purpose,
            TimeToLive = lease.TimeToLive?.ToDuration(),
            RequestId = lease.RequestId,
        },
        Grant = new V1.ExplainedGrant
        {
            Name = lease.Grant,
            Engine = lease.Engine,
            Target = lease.Target,
            Classification = lease.Classification,
            Environment = lease.Environment,
        },
        Decision = lease.Decision is { } decision ? ToMessage(decision) : null,
        IssueTime = lease.IssueTime?.ToTimestamp(),
        ExpireTime = lease.ExpireTime?.ToTimestamp(),
        SealedFor = lease.SealedFor,
        Renewals = { lease.Renewals.Select(ToMessage) },
        Uses = { lease.Uses.Select(ToMessage) },
        UseCount = lease.UseCount,
        ViolationCount = lease.ViolationCount,
        Touched = { lease.Touched.Select(touched => new V1.TouchedResource { Resource = touched.Resource, UseCount = touched.Uses }) },
        End = lease.End is { } end ? ToMessage(end) : null,
        Delegation = lease.Delegation is { } delegation ? ToMessage(delegation) : null,
        TraceIds = { lease.Traces },
        Missing = { lease.Missing },
    };

    private static V1.ExplainedActor ToMessage(Explained.ExplainedActor actor) => new()
    {
        Workload = actor.Workload,
        Authentication = actor.Authentication,
        Possession = actor.Possession,
        Groups = { actor.Groups },
        Claims = { actor.Claims.ToDictionary() },
        SourceAddress = actor.SourceAddress,
        Initiator = actor.Initiator,
        InitiatorIssuer = actor.InitiatorIssuer,
        InitiatorName = actor.InitiatorName,
    };

    private static V1.ExplainedDelegation ToMessage(Explained.ExplainedDelegation delegation) => new()
    {
        DelegationId = delegation.Id,
        Chain = { delegation.Chain },
        RootTaskId = delegation.RootTask,
        RootPurpose = delegation.RootPurpose,
        RootInitiator = delegation.RootInitiator,
        RootIntentHash = delegation.RootIntent,
        Delegate = delegation.Delegate,
        Actions = { delegation.Actions },
        Resources = { delegation.Resources },
        ExpireTime = delegation.ExpireTime?.ToTimestamp(),
        CreateTime = delegation.CreateTime?.ToTimestamp(),
        EndTime = delegation.EndTime?.ToTimestamp(),
        EndReason = delegation.EndReason,
    };

    private static V1.ExplainedTask ToMessage(Explained.ExplainedTask task) => new()
    {
        TaskId = task.Id,
        Purpose = task.Purpose,
        Labels = { task.Labels.ToDictionary() },
        StartTime = task.StartTime?.ToTimestamp(),
        EndTime = task.EndTime?.ToTimestamp(),
        Outcome = task.Outcome,
    };

    private static V1.ExplainedDecision ToMessage(Explained.ExplainedDecision decision) => new()
    {
        DecisionId = decision.Id,
        Time = decision.Time.ToTimestamp(),
        Allowed = decision.Allowed,
        Reason = decision.Reason,
        Policies = { decision.Policies },
        FailedPolicies = { decision.FailedPolicies },
        PolicyHash = decision.PolicyHash,
        PolicyLoadTime = decision.PolicyLoadTime?.ToTimestamp(),
        PolicyServerDecision = decision.PolicyServerDecision,
        MaxTimeToLive = decision.MaxTimeToLive?.ToDuration(),
        ApprovalGroups = { decision.Approvals },
        SealedDelivery = decision.Sealed,
        Advice = { decision.Advice },
        Signals = { decision.Signals.ToDictionary() },
        Action = decision.Action,
        Resource = decision.Resource,
        Tool = decision.Tool,
        Refusal = decision.Refusal,
        Approval = decision.Approval is { } approval ? ToMessage(approval) : null,
        BreakGlass = decision.BrokenGlass is { } glass ? ToMessage(glass) : null,
    };

    private static V1.ExplainedApproval ToMessage(Explained.ExplainedApproval approval) => new()
    {
        ApprovalId = approval.Id,
        Demands = { approval.Demands },
        RequestTime = approval.RequestTime?.ToTimestamp(),
        UseTime = approval.UseTime?.ToTimestamp(),
        Votes =
        {
            approval.Votes.Select(vote => new V1.ExplainedVote
            {
                Time = vote.Time.ToTimestamp(),
                Approver = vote.Approver,
                Groups = { vote.Groups },
                Verdict = vote.Verdict,
                Counted = vote.Counted,
                Reason = vote.Reason,
            }),
        },
    };

    private static V1.ExplainedBreakGlass ToMessage(Explained.ExplainedGlass glass) => new()
    {
        Time = glass.Time.ToTimestamp(),
        ReviewId = glass.Review,
        Justification = glass.Justification,
        CloseTime = glass.CloseTime?.ToTimestamp(),
        Reviewer = glass.Reviewer,
        Comment = glass.Comment,
    };

    private static V1.ExplainedRenewal ToMessage(Explained.ExplainedRenewal renewal) => new()
    {
        Time = renewal.Time.ToTimestamp(),
        ExpireTime = renewal.ExpireTime?.ToTimestamp(),
        Decision = renewal.Decision is { } decision ? ToMessage(decision) : null,
    };

    private static V1.ExplainedUse ToMessage(Explained.ExplainedUse use) => new()
    {
        Time = use.Time.ToTimestamp(),
        Tool = use.Tool,
        Action = use.Action,
        DownstreamResource = use.Resource,
        Outcome = use.Outcome,
        Violation = use.Violation,
    };

    private static V1.ExplainedEnd ToMessage(Explained.ExplainedEnd end) => new()
    {
        Cause = end.Cause,
        EndTime = end.EndTime?.ToTimestamp(),
        GoneTime = end.GoneTime?.ToTimestamp(),
        Outlived = end.Outlived?.ToDuration(),
        Attempts = end.Attempts,
        Proof = end.Proof,
        EarlierProofs = end.EarlierProofs,
        Kills = { end.Kills.Select(ToMessage) },
        Recheck = end.Recheck is { } recheck
            ? new V1.ExplainedRecheck
            {
                Time = recheck.Time.ToTimestamp(),
                PolicyHash = recheck.PolicyHash,
                Policies = { recheck.Policies },
                Reason = recheck.Reason,
            }
            : null,
    };

    private static V1.ExplainedKill ToMessage(Explained.ExplainedKill kill) => new()
    {
        Time = kill.Time.ToTimestamp(),
        OrderId = kill.Order,
        Selector = kill.Selector,
        Operator = kill.Operator,
        Reason = kill.Reason,
    };

    private static V1.AuditRange ToMessage(ReadRange range) => new()
    {
        Broker = range.Broker,
        FirstSequence = range.FirstSequence,
        LastSequence = range.LastSequence,
        FirstTime = range.FirstTime.ToTimestamp(),
        LastTime = range.LastTime.ToTimestamp(),
    };
}
