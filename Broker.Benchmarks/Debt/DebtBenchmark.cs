using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Benchmarks.Debt;

/// <summary>A target that is down while its leases expire: how soon after its return they are gone, and what another target notices of it.</summary>
internal static class DebtBenchmark
{
    public const string Usage = "[--leases N] [--seconds N]";

    private static readonly DebtRunOptions Defaults = new(Leases: 2_000, Phase: TimeSpan.FromSeconds(15));

    public static async Task<int> RunAsync(string[] args)
    {
        var options = DebtRunOptions.Parse(args, Defaults);
        if (!PostgresServer.IsInstalled)
        {
            Console.WriteLine("postgres and initdb are not installed");
            return 1;
        }

        Console.WriteLine($"""
            {options.Leases:N0} leases of a PostgreSQL target expire while the server is stopped; it comes back when all of them should be gone. Beside them four
            callers end leases of a jwt target, one each about 20 ms: their lag is from the call that completes a task to the answer that its secret
            is gone. Broker (SQLite, its files and the server's in {Path.GetTempPath()}), callers and server on the same {Environment.ProcessorCount} processors.

            """);
        await using var rig = await DebtRig.StartAsync();
        var progress = new Progress(5);
        progress.Next("warming up the other target");
        await rig.Probe.WatchAsync(options.Phase, Task.CompletedTask);
        progress.Next("the other target before");
        var before = await rig.Probe.WatchAsync(options.Phase, Task.CompletedTask);
        progress.Next($"issuing {options.Leases:N0} leases");
        await rig.FillAsync(options.Leases, TimeSpan.FromSeconds(15 + (options.Leases / 100.0)));
        await rig.StopServerAsync();
        var due = await rig.WhenAllIsDueAsync();
        progress.Next("the other target while the server is down");
        var during = await rig.Probe.WatchAsync(options.Phase, Task.CompletedTask);
        progress.Next("the server is back");
        await rig.StartServerAsync();
        var emptied = rig.WhenEmptyAsync();
        var after = await rig.Probe.WatchAsync(TimeSpan.Zero, emptied);
        progress.End();

        var figures = new Figures();
        var took = await emptied;
        Console.WriteLine($"from the server's return until {due:N0} leases were gone: {took.TotalSeconds:0.0} s");
        figures.Add("leases", due);
        figures.AtMost("back_to_empty_s", took.TotalSeconds, 30);
        Console.WriteLine($"{"the other target's lag",-30}{"leases",8}{"p50 ms",10}{"p99 ms",10}{"p50 ratio",12}{"p99 ratio",12}");
        foreach (var (name, title, lag) in (IEnumerable<(string, string, Lag)>)[("before", "before", before), ("down", "while it is down", during), ("back", "while it catches up", after)])
        {
            var (p50, p99) = (lag.P50 / before.P50, lag.P99 / before.P99);
            Console.WriteLine($"{title,-30}{lag.Count,8}{lag.P50.TotalMilliseconds,10:0.00}{lag.P99.TotalMilliseconds,10:0.00}{p50,12:0.00}{p99,12:0.00}");
            figures.Add($"{name}_p50_ms", lag.P50.TotalMilliseconds);
            figures.Add($"{name}_p99_ms", lag.P99.TotalMilliseconds);
            figures.AtMost($"{name}_p50_ratio", p50, 1.2);
            figures.AtMost($"{name}_p99_ratio", p99, 1.2);
        }

        figures.Write();
        return 0;
    }
}
