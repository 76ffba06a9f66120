using Grpc.Core;
using SecretsBroker.Intents;
using SecretsBroker.Issuance;
using SecretsBroker.Leases;
using SecretsBroker.Revocation;
using SecretsBroker.V1;
using Lease = SecretsBroker.Leases.Lease;
using LeaseState = SecretsBroker.Leases.LeaseState;

namespace SecretsBroker.Api;

/// <summary><c>secretsbroker.v1.LeaseService</c>.</summary>
internal sealed class LeaseApi(
    ILeaseStore store, InitiatorTokens initiators, Issuer issuer, LeaseRenewer renewer, UseReporter uses, Revoker revoker, TimeProvider time)
    : LeaseService.LeaseServiceBase
{
    private const int DefaultPageSize = 50;
    private const int MaxPageSize = 200;

    public override async Task<IssueLeaseResponse> IssueLease(IssueLeaseRequest request, ServerCallContext context)
    {
        var command = RequestMapping.ToCommand(request, context.GetSourceAddress());
        if (command.NewTask is { } task)
        {
            command = command with { NewTask = await initiators.ReadAsync(task, "new_task.", request.NewTask.InitiatorToken, context) };
        }

        var result = await issuer.IssueAsync(context.GetWorkload(), command, context.CancellationToken);
        switch (result)
        {
            case IssueResult.Issued issued:
                using (issued.Credential)
                {
                    return new IssueLeaseResponse
                    {
                        Lease = ResponseMapping.ToMessage(issued.Lease),
                        Decision = ResponseMapping.ToMessage(issued.Decision),
                        Secret = ResponseMapping.ToMessage(issued.Credential),
                        Revocability = (V1.Revocability)issued.Revocability,
                    };
                }

            case IssueResult.Denied denied:
                throw Errors.Denied(denied.Decision);
            default:
                throw Errors.Refused((IssueResult.Refused)result);
        }
    }

    public override async Task<RenewLeaseResponse> RenewLease(RenewLeaseRequest request, ServerCallContext context)
    {
        var id = RequestRules.LeaseId(request.LeaseId);
        var timeToLive = RequestRules.Span(
            "time_to_live", request.TimeToLive, RequestRules.MinTimeToLive, RequestRules.MaxTimeToLive);
        var outcome = await renewer.RenewAsync(
            context.GetWorkload(),
            id,
            new Renewal(timeToLive, RequestRules.OptionalApprovalId(request.ApprovalId)),
            context.GetSourceAddress(),
            context.CancellationToken);
        return outcome switch
        {
            RenewOutcome.Renewed renewed => new RenewLeaseResponse
            {
                Lease = ResponseMapping.ToMessage(renewed.Lease),
                Decision = ResponseMapping.ToMessage(renewed.Decision),
            },
            RenewOutcome.Denied denied => throw Errors.Denied(denied.Decision),
            RenewOutcome.Refused refused => throw Errors.Refused(refused.Refusal),
            RenewOutcome.NotActive => throw Errors.NotActive(),
            RenewOutcome.NotRenewable => throw Errors.NotRenewable(),
            _ => throw Errors.NoSuchLease(),
        };
    }

    public override async Task<RevokeLeaseResponse> RevokeLease(RevokeLeaseRequest request, ServerCallContext context)
    {
        var lease = await FindOwnAsync(request.LeaseId, context);
        lease = await store.EndAsync(lease.Id, Leases.EndCause.Returned, context.CancellationToken) ?? throw Errors.NoSuchLease();
        if (lease.State != LeaseState.Revoked)
        {
            using var answerBy = context.AnswerBy(time);
            var revocation = revoker.RevokeOrFollowAsync(lease, answerBy.Token);
            try
            {
                lease = await revocation.WaitAsync(answerBy.Token) ?? lease;
            }
            catch (OperationCanceledException)
            {
                // It goes on in the background; the answer's state says so.
            }
        }

        return new RevokeLeaseResponse { Lease = ResponseMapping.ToMessage(lease) };
    }

    public override async Task<GetLeaseResponse> GetLease(GetLeaseRequest request, ServerCallContext context) =>
        new() { Lease = ResponseMapping.ToMessage(await FindOwnAsync(request.LeaseId, context)) };

    public override async Task<ListLeasesResponse> ListLeases(ListLeasesRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > MaxPageSize)
        {
            throw Errors.Invalid("page_size", $"must lie between 1 and {MaxPageSize}, or be zero for {DefaultPageSize}");
        }

        if (request.PageToken.Length > 0 && !LeasePageToken.TryParse(request.PageToken, out _))
        {
            throw Errors.Invalid("page_token", "must be one that the page before returned");
        }

        TaskId? task = request.TaskId.Length == 0 ? null : RequestRules.TaskId("task_id", request.TaskId);
        var page = await store.ListLeasesAsync(
            context.GetWorkload().Id,
            task,
            request.PageSize == 0 ? DefaultPageSize : request.PageSize,
            request.PageToken,
            context.CancellationToken);
        var response = new ListLeasesResponse { NextPageToken = page.NextPageToken };
        response.Leases.Add(page.Leases.Select(ResponseMapping.ToMessage));
        return response;
    }

    public override async Task<ReportUseResponse> ReportUse(ReportUseRequest request, ServerCallContext context)
    {
        var id = RequestRules.LeaseId(request.LeaseId);
        if (request.Outcome is V1.UseOutcome.Unspecified || !Enum.IsDefined(request.Outcome))
        {
            throw Errors.Invalid("outcome", "must be SUCCEEDED, FAILED or REFUSED");
        }

        var use = new Use(
            RequestRules.Tool("tool", request.Tool, required: true),
            RequestRules.Action("action", request.Action, required: false),
            RequestRules.Resource("downstream_resource", request.DownstreamResource),
            (Issuance.UseOutcome)request.Outcome);
        var verdict = await uses.ReportAsync(context.GetWorkload(), id, use, context.CancellationToken)
            ?? throw Errors.NoSuchLease();
        var response = new ReportUseResponse { LeaseEnded = verdict.LeaseEnded };
        response.Violations.Add(verdict.Violations.Select(
            violation => new Violation { Field = violation.Field, Description = violation.Description }));
        return response;
    }

    private async Task<Lease> FindOwnAsync(string leaseId, ServerCallContext context)
    {
        var lease = await store.FindLeaseAsync(RequestRules.LeaseId(leaseId), context.CancellationToken);
        return lease is not null && lease.Owner == context.GetWorkload().Id ? lease : throw Errors.NoSuchLease();
    }
}
