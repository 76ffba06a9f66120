using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Engines;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Revocation;
using SecretsBroker.V1;

namespace SecretsBroker.Api;

/// <summary><c>secretsbroker.v1.TaskService</c>.</summary>
internal sealed class TaskApi(
    ILeaseStore store,
    InitiatorTokens initiators,
    TaskStarter starter,
    TaskEnder ender,
    LifelineKeeper lifelines,
    TargetEngines engines,
    IHostApplicationLifetime host,
    TimeProvider time)
    : TaskService.TaskServiceBase
{
    public override async Task<StartTaskResponse> StartTask(StartTaskRequest request, ServerCallContext context)
    {
        var task = await initiators.ReadAsync(RequestMapping.ToNewTask(request), "", request.InitiatorToken, context);
        var started = await starter.StartAsync(context.GetWorkload(), task, context.GetSourceAddress(), context.CancellationToken);
        if (!started.Found)
        {
            throw Errors.NoSuchDelegation();
        }

        if (started.Fault != DelegationFault.None)
        {
            throw Errors.DelegationRefused(started.Fault);
        }

        return new StartTaskResponse { Task = ResponseMapping.ToMessage(started.Task ?? throw Errors.TaskConflict()) };
    }

    public override async System.Threading.Tasks.Task HoldTask(
        HoldTaskRequest request, IServerStreamWriter<HoldTaskResponse> responseStream, ServerCallContext context)
    {
        var key = KeyOf(request.TaskId, context);
        var grace = RequestRules.Span("grace", request.Grace, TaskOptions.MinGrace, TaskOptions.MaxGrace);
        if (lifelines.IsFull(key.Owner))
        {
            throw Errors.TooManyLifelines();
        }

        using var hold = await lifelines.HoldAsync(key, grace, context.CancellationToken) ?? throw Errors.NoSuchTask();
        using var open = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, host.ApplicationStopping);
        try
        {
            if (!hold.HasEnded)
            {
                await responseStream.WriteAsync(
                    new HoldTaskResponse { Held = new LifelineHeld { Grace = hold.Grace.ToDuration() } }, open.Token);
            }

            await foreach (var happened in hold.Events.ReadAllAsync(open.Token))
            {
                await responseStream.WriteAsync(ResponseMapping.ToMessage(happened), open.Token);
            }
        }
        catch (OperationCanceledException) when (host.ApplicationStopping.IsCancellationRequested)
        {
            // The agent takes its lifeline up at another broker, or here after the restart, within the grace period.
            throw Errors.Stopping();
        }
    }

    public override async Task<CompleteTaskResponse> CompleteTask(CompleteTaskRequest request, ServerCallContext context)
    {
        var outcome = RequestMapping.ToOutcome(request.Outcome);
        using var answerBy = context.AnswerBy(time);
        var ended = await ender.EndAsync(KeyOf(request.TaskId, context), outcome, answerBy.Token);
        if (ended.Task is null)
        {
            throw Errors.NoSuchTask();
        }

        var response = new CompleteTaskResponse { Task = ResponseMapping.ToMessage(ended.Task) };
        response.LeaseEnds.Add(ended.Leases.Select(lease => ResponseMapping.ToLeaseEnd(lease, engines)));
        return response;
    }

    public override async Task<GetTaskResponse> GetTask(GetTaskRequest request, ServerCallContext context)
    {
        var task = await store.FindTaskAsync(KeyOf(request.TaskId, context), context.CancellationToken) ?? throw Errors.NoSuchTask();
        return new GetTaskResponse { Task = ResponseMapping.ToMessage(task) };
    }

    private static TaskKey KeyOf(string taskId, ServerCallContext context) =>
        new(context.GetWorkload().Id, RequestRules.TaskId("task_id", taskId));
}
