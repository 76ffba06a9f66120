using Google.Protobuf.WellKnownTypes;
using SecretsBroker.V1;
using Approval = SecretsBroker.Approvals.Approval;
using ApprovalSubject = SecretsBroker.Approvals.ApprovalSubject;
using Review = SecretsBroker.Approvals.Review;

namespace SecretsBroker.Api;

/// <summary>Requests for approvals and reviews to messages. Enum numbers are equal on both sides; a test holds them together.</summary>
internal static class ApprovalMapping
{
    public static V1.Approval ToMessage(Approval approval)
    {
        var message = new V1.Approval
        {
            ApprovalId = approval.Id.Value,
            State = (ApprovalState)approval.State,
            Subject = ToMessage(approval.Subject),
            DecisionId = approval.DecisionId,
            CreateTime = approval.CreateTime.ToTimestamp(),
            ExpireTime = approval.ExpireTime.ToTimestamp(),
            Signals = approval.Subject.Signals is { } signals ? PolicyMapping.ToMessage(signals) : null,
        };
        message.Demands.Add(approval.Missing().Select(
            one => new ApprovalDemand { Group = one.Demand.Group, Count = one.Demand.Count, Missing = one.Missing }));
        foreach (var vote in approval.Votes)
        {
            var given = new ApprovalVote
            {
                Approver = vote.Approver,
                Approves = vote.Approves,
                Reason = vote.Reason,
                VoteTime = vote.Time.ToTimestamp(),
            };
            given.Groups.Add(vote.Groups);
            message.Votes.Add(given);
        }

        return message;
    }

    public static V1.Review ToMessage(Review review)
    {
        var message = new V1.Review
        {
            ReviewId = review.Id,
            Subject = ToMessage(review.Subject),
            DecisionId = review.DecisionId,
            Justification = review.Justification,
            CreateTime = review.CreateTime.ToTimestamp(),
        };
        message.ApprovalGroups.Add(review.Subject.Demands);
        return message;
    }

    private static V1.ApprovalSubject ToMessage(ApprovalSubject subject)
    {
        var message = new V1.ApprovalSubject
        {
            Workload = subject.Workload,
            TaskId = subject.Task,
            TaskPurpose = subject.TaskPurpose,
            Initiator = subject.Initiator,
            InitiatorVerified = subject.InitiatorIsVerified,
            InitiatorName = subject.InitiatorName,
            Intent = new Intent
            {
                Action = subject.Action,
                Resource = subject.Resource,
                Tool = subject.Tool,
                Purpose = subject.Purpose,
                TimeToLive = TimeSpan.FromMilliseconds(subject.TimeToLiveMilliseconds).ToDuration(),
            },
            LeaseId = subject.Lease,
            Credential = subject.Credential,
            CredentialHash = subject.CredentialHash,
            SealedFor = subject.SealedFor,
            Grant = subject.Grant,
            Engine = subject.Engine,
            Target = subject.Target,
            Classification = subject.Classification,
            Environment = subject.Environment,
            CatalogHash = subject.CatalogHash,
            PolicyHash = subject.PolicyHash,
            SubjectHash = subject.Hash,
            DelegationId = subject.Delegation,
            RootTaskId = subject.RootTask,
            RootPurpose = subject.RootPurpose,
            RootIntentHash = subject.RootIntent,
        };
        message.Chain.Add(subject.Chain);
        message.Policies.Add(subject.Policies);
        foreach (var (key, value) in subject.Labels)
        {
            message.Labels.Add(key, value);
        }

        return message;
    }
}
