using System.Collections.Concurrent;
using System.Diagnostics;
using SecretsBroker.Benchmarks.Issue;

namespace SecretsBroker.Benchmarks.Debt;

/// <summary>
/// Leases at another target, each ended at once: how long it takes from the call that completes the task to the answer that its secret is gone. A
/// few callers with a pause after each call: what is looked at is the lag, not how much the broker can do.
/// </summary>
internal sealed class LagProbe(IReadOnlyList<Agent> agents)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Goes on for so long, and until <paramref name="until"/> has ended.</summary>
    public async Task<Lag> WatchAsync(TimeSpan atLeast, Task until)
    {
        var start = Stopwatch.GetTimestamp();
        var times = new ConcurrentBag<TimeSpan>();
        await Task.WhenAll(agents.Select(agent => Task.Run(async () =>
        {
            do
            {
                var lease = await agent.IssueAsync(BenchmarkCatalog.TokenResource, Agent.BoundToken);
                var begun = Stopwatch.GetTimestamp();
                await agent.CompleteAsync(lease);
                times.Add(Stopwatch.GetElapsedTime(begun));
                await Task.Delay(Pause);
            }
            while (!until.IsCompleted || Stopwatch.GetElapsedTime(start) < atLeast);
        })));
        await until;
        var all = times.Order().ToArray();
        return new Lag(all.Length, all[all.Length / 2], all[all.Length * 99 / 100]);
    }
}

/// <param name="Count">Of how many.</param>
/// <param name="P50">The median.</param>
/// <param name="P99">One in a hundred took longer.</param>
internal readonly record struct Lag(int Count, TimeSpan P50, TimeSpan P99);
