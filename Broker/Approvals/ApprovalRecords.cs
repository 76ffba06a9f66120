using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Approvals;

/// <summary>What the audit log says of approvals and reviews. The actor is the workload; whose request it was stands beside it.</summary>
internal static class ApprovalRecords
{
    public static AuditRecord Requested(Approval approval) =>
        Of(approval, $"approval/{approval.Id}/requested", AuditEventType.ApprovalRequested) with
        {
            Workload = approval.Subject.Workload,
            TaskPurpose = approval.Subject.TaskPurpose,
            Purpose = approval.Subject.Purpose,
            Tool = approval.Subject.Tool,
            TimeToLive = TimeSpan.FromMilliseconds(approval.Subject.TimeToLiveMilliseconds),
            Policies = approval.Subject.Policies,
            PolicyHash = approval.Subject.PolicyHash,
            Approvals = approval.Subject.Demands,
        };

    /// <summary>An approval or a rejection that counts.</summary>
    public static AuditRecord Voted(Approval approval, ApprovalVote vote, Workload approver, string sourceAddress, string decisionId) =>
        Of(approval, $"approval/{approval.Id}/{vote.Approver}/{Verdict(vote.Approves)}", AuditEventType.ApprovalVoted) with
        {
            Workload = vote.Approver,
            Authentication = approver.Method.ToString(),
            Groups = vote.Groups,
            SourceAddress = sourceAddress,
            DecisionId = decisionId,
            Allowed = true,
            Outcome = Verdict(vote.Approves),
            Reason = vote.Reason,
        };

    /// <summary>One that was not taken, whatever policy says: of somebody who stands behind the request, or is not asked.</summary>
    public static AuditRecord NotCounted(
        Approval approval, Workload approver, bool approves, VoteOutcome why, string sourceAddress) =>
        Of(approval, $"approval/{approval.Id}/{approver.Id}/{why}/{Policy.Decision.NewId()}", AuditEventType.ApprovalVoted) with
        {
            Workload = approver.Id.Value,
            Authentication = approver.Method.ToString(),
            SourceAddress = sourceAddress,
            Allowed = false,
            Outcome = Verdict(approves),
            Reason = why.ToString(),
        };

    public static AuditRecord Used(Approval approval, string decisionId) =>
        Of(approval, $"approval/{approval.Id}/used", AuditEventType.ApprovalUsed) with
        {
            Workload = approval.Subject.Workload,
            DecisionId = decisionId,
        };

    public static AuditRecord GlassBroken(Review review) => OfReview(review, "opened", AuditEventType.GlassBroken) with
    {
        Workload = review.Subject.Workload,
        TaskPurpose = review.Subject.TaskPurpose,
        Purpose = review.Subject.Purpose,
        Reason = review.Justification,
        Approvals = review.Subject.Demands,
    };

    public static AuditRecord ReviewClosed(Review review, Workload reviewer, string comment, string sourceAddress) =>
        OfReview(review, "closed", AuditEventType.ReviewClosed) with
        {
            Workload = reviewer.Id.Value,
            Authentication = reviewer.Method.ToString(),
            SourceAddress = sourceAddress,
            Reason = comment,
        };

    private static string Verdict(bool approves) => approves ? "approved" : "rejected";

    private static AuditRecord Of(Approval approval, string id, AuditEventType type) => Of(approval.Subject, id, type) with
    {
        Approval = approval.Id.Value,
        DecisionId = approval.DecisionId,
    };

    private static AuditRecord OfReview(Review review, string step, AuditEventType type) =>
        Of(review.Subject, $"review/{review.Id}/{step}", type) with { Review = review.Id, DecisionId = review.DecisionId };

    private static AuditRecord Of(ApprovalSubject subject, string id, AuditEventType type) => new()
    {
        Id = id,
        Type = type,
        Requester = subject.Workload,
        Task = subject.Task,
        Initiator = subject.Initiator,
        Action = subject.Action,
        Resource = subject.Resource,
        Lease = subject.Lease,
        Grant = subject.Grant,
        Engine = subject.Engine,
        Target = subject.Target,
        SubjectHash = subject.Hash,
        TraceId = BrokerTracing.CurrentTraceId,
    };
}
