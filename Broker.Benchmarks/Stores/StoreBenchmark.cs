namespace SecretsBroker.Benchmarks.Stores;

/// <summary>What the way of a lease costs in each store, and whether it costs more where many others live.</summary>
internal static class StoreBenchmark
{
    private static readonly RunOptions Defaults = new(TimeSpan.FromSeconds(1), Rounds: 3, Workers: [1, 16, 128], Only: []);
    private static readonly int[] Curve = [10_000, 100_000];

    public static async Task<int> RunAsync(string[] args)
    {
        var options = RunOptions.Parse(args, Defaults);
        var kinds = StoreKind.All.Where(kind => options.Wants(kind.Name)).ToList();
        if (kinds.Count == 0)
            throw new UsageException($"--only: must name some of {string.Join(", ", StoreKind.All.Select(kind => kind.Name))}");
        foreach (var kind in kinds.Where(kind => kind.Missing is not null))
            Console.WriteLine($"left out: {kind.Title}: {kind.Missing}");
        kinds.RemoveAll(kind => kind.Missing is not null);

        var rows = kinds.Count * (1 + Curve.Length);
        var progress = new Progress(rows + Rounds.StepsOf(rows, options));
        await using var rig = await StoreRig.StartAsync(kinds, Curve, progress);
        var scenarios = rig.Rows.Select(row => row.Scenario).ToList();
        var rounds = await Rounds.RunAsync(scenarios, options, progress);
        progress.End();

        Console.WriteLine($"""
            Whole ways of leases (reserve, activate, end, claim, mark gone, finish) of 64 workloads, without a broker around them.
            Medians of {options.Rounds} interleaved rounds of {options.Cell.TotalSeconds} s. Files in {Path.GetTempPath()}.

            """);
        var figures = new Figures();
        var report = new Report(rounds, options, figures);
        report.Table(scenarios);
        Console.WriteLine();
        Console.WriteLine("throughput beside others, as a part of that alone");
        foreach (var row in rig.Rows.Where(row => row.Alone is not null))
            report.Ratio(row.Scenario, row.Alone!);
        figures.Write();
        return 0;
    }
}
