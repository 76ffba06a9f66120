using Grpc.Core;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.KillSwitch;

/// <summary>Somebody at the switch.</summary>
internal sealed class KillOperator(Agent caller)
{
    /// <summary>Named by <see cref="MayKill"/>.</summary>
    public const string Name = "operator";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public KillSwitchService.KillSwitchServiceClient Calls { get; } = new(caller.Calls);

    /// <summary>The setting that lets the operator of this name kill, whatever the policies say.</summary>
    public static (string Key, object Value) MayKill { get; } = ("Operators:Killers:0", Sandbox.Workload(Name).Value);

    public static KillOperator At(BrokerUnderTest broker, string name = Name) => new(broker.Agent(name));

    public static KillSelector Workload(string agent) => new() { Workload = Sandbox.Workload(agent).Value };

    /// <summary>Pulls, and listens to the end.</summary>
    public async Task<Pulled> KillAsync(KillSelector selector, TimeSpan? within = null, string reason = "a test")
    {
        using var pulling = await BeginAsync(selector, within, reason);
        return await pulling.EndAsync();
    }

    /// <summary>Pulls; returns when issuing has stopped.</summary>
    public async Task<Pulling> BeginAsync(KillSelector selector, TimeSpan? within = null, string reason = "a test")
    {
        var call = Calls.Kill(
            new KillRequest { Selector = selector, Reason = reason },
            deadline: TimeProvider.System.GetUtcNow().UtcDateTime + (within ?? Limit));
        Assert.That(await call.ResponseStream.MoveNext(default), Is.True);
        Assert.That(call.ResponseStream.Current.EventCase, Is.EqualTo(KillResponse.EventOneofCase.IssuingStopped));
        return new Pulling(call, call.ResponseStream.Current.IssuingStopped);
    }

    public async Task<IReadOnlyList<KillOrder>> ListAsync() => (await Calls.ListKillOrdersAsync(new ListKillOrdersRequest())).Orders;

    public async Task<LiftKillOrderResponse> LiftAsync(string order) =>
        await Calls.LiftKillOrderAsync(new LiftKillOrderRequest { OrderId = order });

    internal sealed class Pulling(AsyncServerStreamingCall<KillResponse> call, IssuingStopped stopped) : IDisposable
    {
        private readonly List<KillProgress> _progress = [];

        public IssuingStopped Stopped { get; } = stopped;

        /// <summary>Listens until the order's progress is told for the next time.</summary>
        public async Task ProgressAsync()
        {
            Assert.That(await call.ResponseStream.MoveNext(default), Is.True);
            Assert.That(call.ResponseStream.Current.EventCase, Is.EqualTo(KillResponse.EventOneofCase.Progress));
            _progress.Add(call.ResponseStream.Current.Progress);
        }

        public async Task<Pulled> EndAsync()
        {
            await foreach (var message in call.ResponseStream.ReadAllAsync())
            {
                if (message.EventCase == KillResponse.EventOneofCase.Done)
                {
                    Assert.That(await call.ResponseStream.MoveNext(default), Is.False, "the last message is the last");
                    return new Pulled(Stopped, _progress, message.Done);
                }

                _progress.Add(message.Progress);
            }

            throw new AssertionException("the stream ended without its last message");
        }

        public void Dispose() => call.Dispose();
    }

    internal sealed record Pulled(IssuingStopped Stopped, IReadOnlyList<KillProgress> Progress, KillDone Done)
    {
        public string Order => Stopped.Order.OrderId;
    }
}
