using System.Diagnostics;

namespace SecretsBroker.Benchmarks.Issue;

/// <summary>Where the time of a cycle goes, by the broker's own spans and by a clock before its store.</summary>
internal static class IssueProfile
{
    private static readonly RunOptions Defaults = new(TimeSpan.FromSeconds(3), Rounds: 1, Workers: [1, 64], Only: []);

    public static async Task<int> RunAsync(string[] args)
    {
        var options = RunOptions.Parse(args, Defaults);
        var times = new Dictionary<string, TimeSpent>(StringComparer.Ordinal);
        await using var rig = await IssueRig.StartAsync(options, (scenario, builder) =>
        {
            times[scenario] = new TimeSpent();
            builder.Host.UseServiceProviderFactory(new TimedServices(times[scenario]));
        });
        Console.WriteLine("""
            Microseconds a cycle (IssueLease with a new task, then CompleteTask), means. Completing records the task's end while it revokes:
            the parts may add up to more than the whole.
            """);
        var figures = new Figures();
        var progress = new Progress(rig.Cycles.Count * (1 + options.Workers.Count));
        foreach (var cycle in rig.Cycles)
        {
            progress.Next($"warming up: {cycle.Title}");
            await Load.MeasureAsync(cycle.Call, options.Workers.Max(), options.Cell);
            foreach (var workers in options.Workers)
            {
                progress.Next($"{workers} at once: {cycle.Title}");
                await ProfileAsync(cycle, workers, options.Cell, times[cycle.Name], figures);
            }
        }

        progress.End();
        figures.Write();
        return 0;
    }

    private static async Task ProfileAsync(Scenario cycle, int workers, TimeSpan duration, TimeSpent times, Figures figures)
    {
        times.Clear();
        using var listener = new SpanListener(times);
        var (cycles, seen) = (0, 0L);
        var (allocated, processor) = (GC.GetTotalAllocatedBytes(), Environment.CpuUsage.TotalTime);
        times.IsCounting = true;
        await Load.MeasureAsync(
            async worker =>
            {
                var start = Stopwatch.GetTimestamp();
                await cycle.Call(worker);
                Interlocked.Add(ref seen, Stopwatch.GetElapsedTime(start).Ticks);
                Interlocked.Increment(ref cycles);
            },
            workers,
            duration);
        times.IsCounting = false;
        processor = Environment.CpuUsage.TotalTime - processor;
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        var parts = new CycleParts(times, cycles, TimeSpan.FromTicks(seen), $"{cycle.Name}_{workers}", figures);
        parts.Write($"{cycle.Title}, {workers} at once");
        parts.WriteCost(processor, allocated);
    }
}
