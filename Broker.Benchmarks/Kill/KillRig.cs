using System.Diagnostics;
using Grpc.Core;
using SecretsBroker.Benchmarks.Issue;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Benchmarks.Kill;

/// <summary>A broker full of live leases, and an operator.</summary>
internal sealed class KillRig : IAsyncDisposable
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly List<IAsyncDisposable> _parts;
    private readonly IReadOnlyList<Agent> _agents;
    private readonly Agent _operator;

    private KillRig(List<IAsyncDisposable> parts, LocalBroker broker, int workers)
    {
        _parts = parts;
        _agents = broker.Agents("agent", workers);
        _operator = broker.Agents(BenchmarkCatalog.OperatorKind, 1)[0];
    }

    public static async Task<KillRig> StartAsync(KillStore store, int workers)
    {
        var parts = new List<IAsyncDisposable>();
        try
        {
            var broker = await LocalBroker.StartAsync(await store.StartAsync(parts), BenchmarkCatalog.Tokens);
            parts.Add(broker);
            return new KillRig(parts, broker, workers);
        }
        catch
        {
            await DisposeAsync(parts);
            throw;
        }
    }

    public async Task FillAsync(int leases)
    {
        var left = leases;
        await Task.WhenAll(_agents.Select(async agent =>
        {
            var task = await agent.OpenTaskAsync();
            while (Interlocked.Decrement(ref left) >= 0)
                await agent.IssueAsync(task, BenchmarkCatalog.TokenResource, Agent.BoundToken, TimeToLive);
        }));
    }

    public async Task<KillTimes> KillAsync()
    {
        var start = Stopwatch.GetTimestamp();
        using var call = _operator.Kill(new KillRequest { Selector = new KillSelector { Target = BenchmarkCatalog.TokenTarget }, Reason = "benchmark" }, Limit);
        var (stopped, served, done) = (TimeSpan.Zero, 0, new KillDone());
        await foreach (var response in call.ResponseStream.ReadAllAsync())
        {
            if (response.EventCase == KillResponse.EventOneofCase.IssuingStopped)
            {
                stopped = Stopwatch.GetElapsedTime(start);
                served = await CountServedAsync();
            }
            else if (response.EventCase == KillResponse.EventOneofCase.Done)
            {
                done = response.Done;
            }
        }

        return new KillTimes(
            stopped, done.Progress.FirstGone?.ToTimeSpan() ?? default, done.Progress.LastGone?.ToTimeSpan() ?? default, done.Progress.Gone, served);
    }

    public ValueTask DisposeAsync() => DisposeAsync(_parts);

    /// <summary>How many of a request of each workload are served after the answer.</summary>
    private async Task<int> CountServedAsync()
    {
        var served = await Task.WhenAll(_agents.Select(async agent =>
        {
            try
            {
                await agent.IssueAsync(await agent.OpenTaskAsync(), BenchmarkCatalog.TokenResource, Agent.BoundToken, TimeToLive);
                return 1;
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.PermissionDenied)
            {
                return 0;
            }
        }));
        return served.Sum();
    }

    private static async ValueTask DisposeAsync(List<IAsyncDisposable> parts)
    {
        foreach (var part in Enumerable.Reverse(parts))
            await part.DisposeAsync();
    }
}

/// <param name="Stopped">From the operator's call to its first answer.</param>
/// <param name="FirstGone">From the order to the first proof.</param>
/// <param name="LastGone">From the order to the last proof.</param>
/// <param name="Gone">How many leases are proven gone.</param>
/// <param name="Served">Requests that began after the answer and got a secret.</param>
internal sealed record KillTimes(TimeSpan Stopped, TimeSpan FirstGone, TimeSpan LastGone, long Gone, int Served);
