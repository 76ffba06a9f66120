using SecretsBroker.Identity;
using SecretsBroker.Policy;

namespace SecretsBroker.Approvals;

/// <summary>One request for an approval, as the store keeps it. All instants are the store's.</summary>
internal sealed record Approval
{
    public required ApprovalId Id { get; init; }

    public required ApprovalSubject Subject { get; init; }

    /// <summary>Of the decision that demanded it.</summary>
    public required string DecisionId { get; init; }

    public ApprovalState State { get; init; }

    /// <summary>In the order in which they were given; none is ever taken back.</summary>
    public IReadOnlyList<ApprovalVote> Votes { get; init; } = [];

    public DateTimeOffset CreateTime { get; init; }

    /// <summary>While it is pending: until when it may be decided. Then: until when it may be used.</summary>
    public DateTimeOffset ExpireTime { get; init; }

    public WorkloadId Owner => new(Subject.Workload);

    /// <summary>What is demanded, and how many of each are still missing.</summary>
    public IReadOnlyList<(ApprovalDemand Demand, int Missing)> Missing()
    {
        var demands = ApprovalDemand.Of(Subject.Demands);
        return [.. demands.Zip(ApprovalCount.MissingOf(demands, Votes))];
    }

    /// <summary>What it becomes when one more vote counts.</summary>
    public ApprovalState After(ApprovalVote vote) => !vote.Approves
        ? ApprovalState.Rejected
        : ApprovalCount.MissingOf(ApprovalDemand.Of(Subject.Demands), [.. Votes, vote]).All(missing => missing == 0)
            ? ApprovalState.Approved
            : ApprovalState.Pending;
}
