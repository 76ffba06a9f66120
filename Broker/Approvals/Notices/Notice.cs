using System.Text.Json;
using System.Text.Json.Serialization;

namespace SecretsBroker.Approvals.Notices;

/// <summary>Something that people are told by the webhook.</summary>
/// <param name="Id">The same whenever the same is told again, so that a receiver can tell a repetition.</param>
/// <param name="Body">What is sent, JSON.</param>
internal sealed record Notice(string Id, string Body)
{
    public static Notice Requested(Approval approval) =>
        Of($"{approval.Id}.requested", "approval.requested", approval.CreateTime, DataOf(approval));

    /// <param name="approval">Approved or rejected.</param>
    public static Notice Decided(Approval approval)
    {
        var verdict = approval.State == ApprovalState.Rejected ? "rejected" : "approved";
        var time = approval.Votes.Count > 0 ? approval.Votes[^1].Time : approval.CreateTime;
        return Of($"{approval.Id}.{verdict}", $"approval.{verdict}", time, DataOf(approval));
    }

    public static Notice GlassBroken(Review review) =>
        Of($"{review.Id}.opened", "break_glass.used", review.CreateTime, DataOf(review));

    /// <param name="review">As it stood.</param>
    /// <param name="reviewer">Who closed it.</param>
    /// <param name="comment">What was found.</param>
    /// <param name="time">When.</param>
    public static Notice ReviewClosed(Review review, string reviewer, string comment, DateTimeOffset time) =>
        Of($"{review.Id}.closed", "break_glass.reviewed", time, DataOf(review) with { Reviewer = reviewer, Comment = comment });

    private static Notice Of(string id, string type, DateTimeOffset time, NoticeData data) =>
        new(id, JsonSerializer.Serialize(new NoticeBody(type, time, data), NoticeJson.Default.NoticeBody));

    private static NoticeData DataOf(Approval approval) => DataOf(approval.Subject) with
    {
        ApprovalId = approval.Id.Value,
        DecisionId = approval.DecisionId,
        ExpireTime = approval.ExpireTime,
        Votes = approval.Votes.Count == 0
            ? null
            : [.. approval.Votes.Select(vote => new NoticeVote(vote.Approver, vote.Approves, vote.Reason))],
    };

    private static NoticeData DataOf(Review review) => DataOf(review.Subject) with
    {
        ReviewId = review.Id,
        DecisionId = review.DecisionId,
        Justification = review.Justification,
    };

    private static NoticeData DataOf(ApprovalSubject subject) => new()
    {
        Workload = subject.Workload,
        Task = subject.Task,
        TaskPurpose = subject.TaskPurpose,
        Initiator = subject.Initiator,
        Action = subject.Action,
        Resource = subject.Resource,
        Purpose = subject.Purpose,
        Grant = subject.Grant,
        Groups = subject.Demands,
        SubjectHash = subject.Hash,
    };
}

/// <summary>As the receiver reads it; names are never given another meaning.</summary>
internal sealed record NoticeBody(string Type, DateTimeOffset Timestamp, NoticeData Data);

internal sealed record NoticeData
{
    public string? ApprovalId { get; init; }

    public string? ReviewId { get; init; }

    public string? DecisionId { get; init; }

    public required string Workload { get; init; }

    public required string Task { get; init; }

    public required string TaskPurpose { get; init; }

    public required string Initiator { get; init; }

    public required string Action { get; init; }

    public required string Resource { get; init; }

    public required string Purpose { get; init; }

    public required string Grant { get; init; }

    /// <summary>Whose approval is demanded, or was gone without.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    public required string SubjectHash { get; init; }

    public DateTimeOffset? ExpireTime { get; init; }

    public IReadOnlyList<NoticeVote>? Votes { get; init; }

    public string? Justification { get; init; }

    public string? Reviewer { get; init; }

    public string? Comment { get; init; }
}

internal sealed record NoticeVote(string Approver, bool Approves, string Reason);

[JsonSerializable(typeof(NoticeBody))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class NoticeJson : JsonSerializerContext;
