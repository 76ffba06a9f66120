using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;
using SecretsBroker.V1;
using KillOrder = SecretsBroker.KillSwitch.KillOrder;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Api;

/// <summary><c>secretsbroker.v1.KillSwitchService</c>.</summary>
internal sealed class KillSwitchApi(
    ILeaseStore store,
    KillAuthority authority,
    KillOrderGiver giver,
    KillOrderLifter lifter,
    Pardon pardon,
    CurrentCatalog catalog,
    TimeProvider time) : KillSwitchService.KillSwitchServiceBase
{
    private const int MaxReason = 500;
    private const int MaxOrderId = 64;
    private static readonly TimeSpan MinLifetime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(30);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestMargin = TimeSpan.FromSeconds(5);

    public override async Task Kill(KillRequest request, IServerStreamWriter<KillResponse> responseStream, ServerCallContext context)
    {
        var selector = KillMapping.ToSelector(request.Selector);
        var reason = RequestRules.Text("reason", request.Reason, MaxReason, required: true);
        var lifetime = RequestRules.Span("lifetime", request.Lifetime, MinLifetime, MaxLifetime);
        var caller = context.GetWorkload();
        await authority.DemandKillAsync(selector, reason, context);
        var given = await giver.GiveAsync(selector, reason, caller, context.GetSourceAddress(), lifetime);
        await responseStream.WriteAsync(
            new KillResponse
            {
                IssuingStopped = new IssuingStopped
                {
                    Order = KillMapping.ToMessage(given.Execution.Order),
                    StopTime = given.StopTime.ToDuration(),
                    Warning = KillMapping.WarningOf(selector, catalog.Snapshot),
                },
            },
            context.CancellationToken);
        using var answerBy = AnswerBy(context);
        await ReportAsync(given, responseStream, answerBy.Token, context.CancellationToken);
        await responseStream.WriteAsync(new KillResponse { Done = DoneOf(given) }, context.CancellationToken);
    }

    public override async Task<ListKillOrdersResponse> ListKillOrders(ListKillOrdersRequest request, ServerCallContext context)
    {
        await authority.DemandReadAsync(context);
        var response = new ListKillOrdersResponse();
        response.Orders.Add((await store.ListKillOrdersAsync(context.CancellationToken)).Select(KillMapping.ToMessage));
        return response;
    }

    public override async Task<LiftKillOrderResponse> LiftKillOrder(LiftKillOrderRequest request, ServerCallContext context)
    {
        var id = RequestRules.Text("order_id", request.OrderId, MaxOrderId, required: true);
        var order = (await store.ListKillOrdersAsync(context.CancellationToken)).FirstOrDefault(standing => standing.Id == id);
        if (order is null)
        {
            // Which orders stand is for those to know who may see them.
            await authority.DemandReadAsync(context);
            throw Errors.NoSuchKillOrder();
        }

        var needsSecond = await authority.DemandLiftAsync(order.Selector, context);
        var outcome = await lifter.LiftAsync(
            order, context.GetWorkload(), needsSecond, context.GetSourceAddress(), context.CancellationToken) ?? throw Errors.NoSuchKillOrder();
        if (outcome.Lifted)
        {
            await pardon.GrantAsync(outcome.Order, context.CancellationToken);
        }

        return new LiftKillOrderResponse { Lifted = outcome.Lifted, Order = KillMapping.ToMessage(outcome.Order) };
    }

    /// <summary>Sends the numbers as often as they change, until there is nothing left to tell or it is time for the last message.</summary>
    private async Task ReportAsync(
        GivenOrder given, IServerStreamWriter<KillResponse> responses, CancellationToken answerBy, CancellationToken cancellationToken)
    {
        var told = KillSwitch.KillProgress.None;
        while (!given.Execution.Over.IsCompleted && !answerBy.IsCancellationRequested)
        {
            try
            {
                await given.Execution.Over.WaitAsync(ProgressInterval, time, answerBy);
            }
            catch (Exception e) when (e is TimeoutException or OperationCanceledException)
            {
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (given.Execution.Progress is var progress && progress != told)
            {
                told = progress;
                await responses.WriteAsync(new KillResponse { Progress = KillMapping.ToMessage(progress) }, cancellationToken);
            }
        }
    }

    private static KillDone DoneOf(GivenOrder given) => new()
    {
        Progress = KillMapping.ToMessage(given.Execution.Progress),
        AllGone = given.Execution.Progress.AllGone,
        Recorded = given.Recorded is { IsCompletedSuccessfully: true, Result: true },
    };

    /// <summary>
    /// Cancelled when a fifth of the time to the deadline is left, five seconds at most, so that the last message arrives in it; without
    /// a deadline, when nobody watches any more.
    /// </summary>
    private CancellationTokenSource AnswerBy(ServerCallContext context)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        if (context.Deadline != DateTime.MaxValue)
        {
            var left = context.Deadline - time.GetUtcNow().UtcDateTime;
            left -= left / 5 < LongestMargin ? left / 5 : LongestMargin;
            source.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }

        return source;
    }
}
