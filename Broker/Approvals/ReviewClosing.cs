using SecretsBroker.Approvals.Notices;
using SecretsBroker.Audit;
using SecretsBroker.Identity;

namespace SecretsBroker.Approvals;

/// <summary>Closes reviews, on the record first: one that nobody can read about afterwards stays open.</summary>
internal sealed partial class ReviewClosing(
    IApprovalStore approvals, IAuditSink audit, NoticeQueue notices, TimeProvider time, ILogger<ReviewClosing> logger)
{
    /// <param name="id">Which.</param>
    /// <param name="reviewer">Who may close reviews, as far as policy goes.</param>
    /// <param name="comment">What the reviewer found.</param>
    /// <param name="sourceAddress">Where from.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="AuditException">It cannot be recorded; the review stays open.</exception>
    public async Task<ClosingOutcome> CloseAsync(
        string id, Workload reviewer, string comment, string sourceAddress, CancellationToken cancellationToken)
    {
        if (await approvals.FindReviewAsync(id, cancellationToken) is not { } review)
        {
            return ClosingOutcome.NotFound;
        }

        if (review.Subject.IsParty(reviewer))
        {
            LogRefused(id, reviewer.Id);
            return ClosingOutcome.IsParty;
        }

        await audit.AppendAsync(ApprovalRecords.ReviewClosed(review, reviewer, comment, sourceAddress), cancellationToken);
        if (!await approvals.CloseReviewAsync(id, cancellationToken))
        {
            return ClosingOutcome.NotFound;
        }

        notices.Publish(Notice.ReviewClosed(review, reviewer.Id.Value, comment, time.GetUtcNow()));
        LogClosed(id, reviewer.Id);
        return ClosingOutcome.Closed;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Review {Review} closed by {Reviewer}")]
    private partial void LogClosed(string review, WorkloadId reviewer);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reviewer} wanted to close review {Review} of what it did itself")]
    private partial void LogRefused(string review, WorkloadId reviewer);
}

internal enum ClosingOutcome
{
    Closed = 1,

    /// <summary>None of that id is open.</summary>
    NotFound,

    /// <summary>Who broke the glass, or stands behind that, does not review it.</summary>
    IsParty,
}
