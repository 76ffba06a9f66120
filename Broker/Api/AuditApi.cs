using Grpc.Core;
using SecretsBroker.Audit.Reading;
using SecretsBroker.Explaining;
using SecretsBroker.Leases;
using SecretsBroker.Policy.Operators;
using SecretsBroker.V1;
using AuditCoverage = SecretsBroker.Audit.Reading.AuditCoverage;
using Lease = SecretsBroker.Leases.Lease;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Api;

/// <summary><c>secretsbroker.v1.AuditService</c>.</summary>
internal sealed class AuditApi(ILeaseStore store, OperatorGate gate, AuditReads reads, TimeProvider time) : AuditService.AuditServiceBase
{
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 500;
    private const long MaxPageBytes = 2 << 20;

    private static readonly OperatorSubject Log = OperatorSubject.Named("audit");

    public override async Task<ExplainLeaseResponse> ExplainLease(ExplainLeaseRequest request, ServerCallContext context)
    {
        var id = RequestRules.LeaseId(request.LeaseId);
        var since = RequestRules.Time("since", request.Since);
        await DemandUnlessOwnAsync(request.Own, context);
        var lease = await store.FindLeaseAsync(id, context.CancellationToken);
        if (request.Own && lease is not null && lease.Owner != context.GetWorkload().Id)
        {
            throw Errors.NoSuchLease();
        }

        var found = await ReadAsync(
            request.Own,
            (logs, budget) => new Explainer([logs], budget, time.GetUtcNow()).ExplainLease(id.Value, Known(lease), since),
            found => found.Coverage,
            context);
        if (found.Explanation is not { } explained || (request.Own && explained.Actor.Workload != context.GetWorkload().Id.Value))
        {
            throw request.Own ? Errors.NoSuchLease() : Errors.NotInAuditLog(found.Coverage.IsCutShort);
        }

        return new ExplainLeaseResponse
        {
            Explanation = ExplanationMapping.ToMessage(request.Own ? OwnerView.Of(explained) : explained),
            Current = lease is null ? null : ResponseMapping.ToMessage(lease),
        };
    }

    public override async Task<ExplainTaskResponse> ExplainTask(ExplainTaskRequest request, ServerCallContext context)
    {
        var task = RequestRules.TaskId("task_id", request.TaskId);
        var workload = request.Own ? OwnWorkload(request, context) : RequestRules.Workload("workload", request.Workload, required: false);
        var since = RequestRules.Time("since", request.Since);
        await DemandUnlessOwnAsync(request.Own, context);
        var found = await ReadAsync(
            request.Own,
            (logs, budget) => new Explainer([logs], budget, time.GetUtcNow()).ExplainTask(task.Value, workload, since),
            found => found.Coverage,
            context);
        if (found.Workloads.Count > 1)
        {
            throw Errors.SeveralTasks();
        }

        if (found.Explanation is not { } explained)
        {
            throw request.Own ? Errors.NoSuchTask() : Errors.NotInAuditLog(found.Coverage.IsCutShort);
        }

        return new ExplainTaskResponse { Explanation = ExplanationMapping.ToMessage(request.Own ? OwnerView.Of(explained) : explained) };
    }

    public override async Task<QueryAuditResponse> QueryAudit(QueryAuditRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > MaxPageSize)
        {
            throw Errors.Invalid("page_size", $"must lie between 1 and {MaxPageSize}, or be zero for {DefaultPageSize}");
        }

        var filter = AuditMapping.ToFilter(request.Filter);
        var from = request.PageToken.Length == 0 ? null
            : AuditPosition.TryParse(request.PageToken) ?? throw Errors.Invalid("page_token", "must be one that the page before returned");
        await gate.DemandAsync(context, OperatorAction.ReadAudit, Log);
        var size = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
        var page = await ReadAsync(
            own: false, (logs, budget) => new AuditQuery(logs, filter, size, MaxPageBytes).ReadPage(from, budget), page => page.Coverage, context);
        return page == AuditPage.Lost ? throw Errors.AuditFilesGone() : AuditMapping.ToMessage(page);
    }

    private async Task DemandUnlessOwnAsync(bool own, ServerCallContext context)
    {
        if (!own)
        {
            await gate.DemandAsync(context, OperatorAction.ReadAudit, Log);
        }
    }

    private async Task<T> ReadAsync<T>(
        bool own, Func<AuditLogs, AuditReadBudget, T> read, Func<T, AuditCoverage> coverage, ServerCallContext context)
        where T : class
    {
        using var answerBy = context.AnswerBy(time);
        return await reads.RunAsync(own, read, coverage, answerBy.Token, context.CancellationToken) ?? throw Errors.AuditBusy();
    }

    private static string OwnWorkload(ExplainTaskRequest request, ServerCallContext context) => request.Workload.Length == 0
        ? context.GetWorkload().Id.Value
        : throw Errors.Invalid("workload", "must be empty where own is set");

    private static KnownLease? Known(Lease? lease) => lease is null
        ? null
        : new KnownLease(lease.Owner.Value, lease.Task.Id.Value, lease.DecisionId, lease.CreateTime);
}
