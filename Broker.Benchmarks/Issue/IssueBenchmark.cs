namespace SecretsBroker.Benchmarks.Issue;

/// <summary>What a secret costs from the caller's side, beside a call that does nothing.</summary>
internal static class IssueBenchmark
{
    private static readonly RunOptions Defaults = new(TimeSpan.FromSeconds(2), Rounds: 3, Workers: [1, 8, 64], Only: []);

    public static async Task<int> RunAsync(string[] args)
    {
        var options = RunOptions.Parse(args, Defaults);
        await using var rig = await IssueRig.StartAsync(options);
        Scenario[] scenarios = [rig.Empty, .. rig.Cycles];
        Explain(options);

        var disk = DiskProbe.Measure();
        var progress = new Progress(Rounds.StepsOf(scenarios.Length, options));
        var rounds = await Rounds.RunAsync(scenarios, options, progress);
        progress.End();

        var figures = new Figures();
        var report = new Report(rounds, options, figures);
        report.Table(scenarios);
        Console.WriteLine();
        Console.WriteLine("throughput, one as a part of the other");
        foreach (var cycle in rig.Cycles)
            report.Ratio(cycle, rig.Empty);
        foreach (var cycle in rig.Cycles.Skip(1))
            report.Ratio(cycle, rig.Cycles[0]);
        Console.WriteLine();
        Console.WriteLine($"a flush of 4 KiB to this disk: {disk.TotalMicroseconds:0} µs (median, before the rounds)");
        figures.Add("disk_flush_us", disk.TotalMicroseconds);
        figures.Write();
        return 0;
    }

    private static void Explain(RunOptions options) => Console.WriteLine($"""
        Brokers and callers in one process on {Environment.ProcessorCount} processors, real gRPC over loopback without TLS, an identity and a connection
        a caller. Files in {Path.GetTempPath()}; the audit log and SQLite flush to the disk before they answer.
        The empty call is ListLeases, page size 1, of a workload that has none: authenticated, one look into SQLite, no answer to speak of.
        A cycle is two calls: IssueLease with a new task, CompleteTask; the secret is proven gone when the second is answered.
        The jwt target has a place for every caller, the postgres target (fsync on) the default number of 16.
        Medians of {options.Rounds} interleaved rounds of {options.Cell.TotalSeconds} s.

        """);
}
