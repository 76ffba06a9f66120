using Grpc.Core;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;

namespace SecretsBroker.Tests.Approvals;

/// <summary>Somebody at the API of approvals and reviews.</summary>
internal sealed class Person(Agent caller)
{
    public ApprovalService.ApprovalServiceClient Calls { get; } = new(caller.Calls);

    public ReviewService.ReviewServiceClient Reviews { get; } = new(caller.Calls);

    public Task<Approval> ApproveAsync(string id, string reason = "it is theirs") => DecideAsync(id, Verdict.Approve, reason);

    public Task<Approval> RejectAsync(string id, string reason = "nobody asked") => DecideAsync(id, Verdict.Reject, reason);

    public async Task<Approval> GetAsync(string id) =>
        (await Calls.GetApprovalAsync(new GetApprovalRequest { ApprovalId = id })).Approval;

    public async Task<IReadOnlyList<Approval>> ListAsync() =>
        (await Calls.ListApprovalsAsync(new ListApprovalsRequest())).Approvals;

    /// <summary>What a vote is refused with.</summary>
    public async Task<ErrorDetail> RefusedAsync(StatusCode code, string id, Verdict verdict = Verdict.Approve) =>
        Rpc.DetailOf(await Rpc.RefusedAsync(code, () => DecideAsync(id, verdict, "a test")));

    private async Task<Approval> DecideAsync(string id, Verdict verdict, string reason) => (await Calls.DecideApprovalAsync(
        new DecideApprovalRequest { ApprovalId = id, Verdict = verdict, Reason = reason })).Approval;
}
