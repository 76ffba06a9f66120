using Grpc.Core;
using SecretsBroker.Approvals;
using SecretsBroker.Identity;
using SecretsBroker.Policy.Operators;
using SecretsBroker.V1;
using Approval = SecretsBroker.Approvals.Approval;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Api;

/// <summary><c>secretsbroker.v1.ApprovalService</c>.</summary>
internal sealed class ApprovalApi(
    IApprovalStore approvals,
    ApprovalVoting voting,
    ApprovalWatch watch,
    OperatorGate gate,
    IHostApplicationLifetime host,
    TimeProvider time)
    : ApprovalService.ApprovalServiceBase
{
    private const int MaxReason = 500;

    // After which whoever listens is authenticated, and asked about, again.
    private static readonly TimeSpan LongestStream = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ShortestStream = TimeSpan.FromSeconds(1);

    private static readonly OperatorSubject Subject = OperatorSubject.Named("approvals");

    public override async Task<GetApprovalResponse> GetApproval(GetApprovalRequest request, ServerCallContext context)
    {
        var id = RequestRules.ApprovalId(request.ApprovalId);
        var approval = await approvals.FindAsync(id, context.CancellationToken) ?? throw Errors.NoSuchApproval();
        if (approval.Owner != context.GetWorkload().Id && !await MayReadAsync(context))
        {
            throw Errors.NoSuchApproval();
        }

        return new GetApprovalResponse { Approval = ApprovalMapping.ToMessage(approval) };
    }

    public override async Task WaitApproval(
        WaitApprovalRequest request, IServerStreamWriter<WaitApprovalResponse> responseStream, ServerCallContext context)
    {
        var id = RequestRules.ApprovalId(request.ApprovalId);
        var approval = await approvals.FindAsync(id, context.CancellationToken);
        if (approval?.Owner != context.GetWorkload().Id)
        {
            throw Errors.NoSuchApproval();
        }

        await StreamAsync(
            cancelled => watch.FollowAsync(id, cancelled),
            (changed, cancelled) => responseStream.WriteAsync(
                new WaitApprovalResponse { Approval = ApprovalMapping.ToMessage(changed) }, cancelled),
            context);
    }

    public override async Task<ListApprovalsResponse> ListApprovals(ListApprovalsRequest request, ServerCallContext context)
    {
        await gate.DemandAsync(context, OperatorAction.ReadApprovals, Subject);
        var response = new ListApprovalsResponse { Pending = (await approvals.CountAsync(context.CancellationToken)).Pending };
        var pending = await approvals.ListPendingAsync(ApprovalWatch.MaxListed, context.CancellationToken);
        response.Approvals.Add(pending.Select(ApprovalMapping.ToMessage));
        return response;
    }

    public override async Task WatchApprovals(
        WatchApprovalsRequest request, IServerStreamWriter<WatchApprovalsResponse> responseStream, ServerCallContext context)
    {
        await gate.DemandAsync(context, OperatorAction.ReadApprovals, Subject);
        await StreamAsync(
            watch.FollowAllAsync,
            (changed, cancelled) => responseStream.WriteAsync(
                new WatchApprovalsResponse { Approval = ApprovalMapping.ToMessage(changed) }, cancelled),
            context);
    }

    public override async Task<DecideApprovalResponse> DecideApproval(DecideApprovalRequest request, ServerCallContext context)
    {
        var id = RequestRules.ApprovalId(request.ApprovalId);
        var approves = request.Verdict switch
        {
            Verdict.Approve => true,
            Verdict.Reject => false,
            _ => throw Errors.Invalid("verdict", "must be APPROVE or REJECT"),
        };
        var reason = RequestRules.Text("reason", request.Reason, MaxReason, required: true);
        var ballot = new Ballot(context.GetWorkload(), approves, reason, context.GetSourceAddress());
        var result = await voting.VoteAsync(id, ballot, context.CancellationToken);
        return result.Outcome switch
        {
            VoteOutcome.Counted => new DecideApprovalResponse { Approval = ApprovalMapping.ToMessage(result.Approval!) },
            VoteOutcome.IsParty => throw Errors.IsParty(),
            VoteOutcome.NotAsked => throw Errors.NotAsked(),
            VoteOutcome.Denied => throw Errors.OperatorDenied(result.Decision!),
            VoteOutcome.HasVoted => throw Errors.HasVoted(),
            VoteOutcome.NotPending => throw Errors.ApprovalNotPending(),
            _ => throw Errors.NoSuchApproval(),
        };
    }

    private async Task<bool> MayReadAsync(ServerCallContext context)
    {
        var question = new OperatorQuestion(context.GetWorkload(), OperatorAction.ReadApprovals, Subject)
        {
            SourceAddress = context.GetSourceAddress(),
        };
        return (await gate.DecideAsync(question, context.CancellationToken)).Answer.Allowed;
    }

    private async Task StreamAsync(
        Func<CancellationToken, IAsyncEnumerable<Approval>> follow, Func<Approval, CancellationToken, Task> write, ServerCallContext context)
    {
        using var place = watch.TryEnter(context.GetWorkload().Id) ?? throw Errors.TooManyStreams();
        using var over = new CancellationTokenSource(TimeLeft(context.GetWorkload()), time);
        using var open = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, host.ApplicationStopping, over.Token);
        try
        {
            await foreach (var changed in follow(open.Token))
            {
                await write(changed, open.Token);
            }
        }
        catch (OperationCanceledException) when (host.ApplicationStopping.IsCancellationRequested)
        {
            throw Errors.Stopping();
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw Errors.WatchOver();
        }
    }

    // No longer than what the caller proved holds; for one taken within the leeway, long enough to say what there is.
    private TimeSpan TimeLeft(Workload workload)
    {
        var left = workload.ExpireTime - time.GetUtcNow();
        return left < ShortestStream ? ShortestStream : left > LongestStream ? LongestStream : left;
    }
}
