using Grpc.Core;
using SecretsBroker.Approvals;
using SecretsBroker.Policy.Operators;
using SecretsBroker.V1;

namespace SecretsBroker.Api;

/// <summary><c>secretsbroker.v1.ReviewService</c>.</summary>
internal sealed class ReviewApi(IApprovalStore approvals, ReviewClosing closing, OperatorGate gate) : ReviewService.ReviewServiceBase
{
    private const int MaxComment = 500;
    private const int MaxReviewId = 64;
    private const int MaxListed = 500;

    private static readonly OperatorSubject Subject = OperatorSubject.Named("reviews");

    public override async Task<ListReviewsResponse> ListReviews(ListReviewsRequest request, ServerCallContext context)
    {
        await gate.DemandAsync(context, OperatorAction.ReadReviews, Subject);
        var response = new ListReviewsResponse { Open = (await approvals.CountAsync(context.CancellationToken)).OpenReviews };
        response.Reviews.Add((await approvals.ListReviewsAsync(MaxListed, context.CancellationToken)).Select(ApprovalMapping.ToMessage));
        return response;
    }

    public override async Task<CloseReviewResponse> CloseReview(CloseReviewRequest request, ServerCallContext context)
    {
        var id = RequestRules.Text("review_id", request.ReviewId, MaxReviewId, required: true);
        var comment = RequestRules.Text("comment", request.Comment, MaxComment, required: true);
        await gate.DemandAsync(context, OperatorAction.CloseReview, Subject, comment);
        return await closing.CloseAsync(id, context.GetWorkload(), comment, context.GetSourceAddress(), context.CancellationToken) switch
        {
            ClosingOutcome.Closed => new CloseReviewResponse(),
            ClosingOutcome.IsParty => throw Errors.IsParty(),
            _ => throw Errors.NoSuchReview(),
        };
    }
}
