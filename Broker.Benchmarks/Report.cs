namespace SecretsBroker.Benchmarks;

/// <summary>Prints what rounds found: a table for people, and its numbers among the figures.</summary>
internal sealed class Report(Rounds rounds, RunOptions options, Figures figures)
{
    private const int TitleWidth = 44;

    public void Table(IEnumerable<Scenario> scenarios)
    {
        Console.Write(new string(' ', TitleWidth));
        foreach (var workers in options.Workers)
            Console.Write($" |{$"{workers} at once: /s",18}{"p50 ms",9}{"p99 ms",9}");
        Console.WriteLine();
        foreach (var scenario in scenarios)
        {
            Console.Write(scenario.Title.PadRight(TitleWidth));
            foreach (var workers in options.Workers)
                Cell(scenario, workers);
            Console.WriteLine();
        }
    }

    /// <summary>For each number of workers, how the throughput of the one compares with that of the other.</summary>
    public void Ratio(Scenario of, Scenario to)
    {
        Console.Write($"{of.Name} / {to.Name}".PadRight(TitleWidth));
        foreach (var workers in options.Workers)
        {
            var ratio = rounds.Ratio(of, to, workers);
            Console.Write($" |{ratio,18:0.000}{"",18}");
            figures.Add($"{of.Name}_to_{to.Name}_{workers}", ratio);
        }

        Console.WriteLine();
    }

    private void Cell(Scenario scenario, int workers)
    {
        var perSecond = rounds.Median(scenario, workers, load => load.PerSecond);
        var p50 = rounds.Median(scenario, workers, load => load.P50.TotalMilliseconds);
        var p99 = rounds.Median(scenario, workers, load => load.P99.TotalMilliseconds);
        Console.Write($" |{perSecond,18:N0}{p50,9:0.00}{p99,9:0.00}");
        figures.Add($"{scenario.Name}_cps_{workers}", perSecond);
        figures.Add($"{scenario.Name}_p50_ms_{workers}", p50);
        figures.Add($"{scenario.Name}_p99_ms_{workers}", p99);
    }
}
