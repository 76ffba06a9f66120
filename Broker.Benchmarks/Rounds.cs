namespace SecretsBroker.Benchmarks;

/// <summary>
/// Measures every scenario at every number of workers, round after round, so that a machine whose speed drifts is as slow for the one as
/// for the other; ratios are taken within a round.
/// </summary>
internal sealed class Rounds
{
    private readonly Dictionary<(Scenario Scenario, int Workers), List<Load>> _cells = [];

    private Rounds()
    {
    }

    public static async Task<Rounds> RunAsync(IReadOnlyList<Scenario> scenarios, RunOptions options, Progress progress)
    {
        var rounds = new Rounds();
        foreach (var scenario in scenarios)
        {
            progress.Next($"warming up: {scenario.Title}");
            await MeasureAsync(scenario, options.Workers.Max(), options.Cell);
        }

        for (var round = 0; round < options.Rounds; round++)
        {
            foreach (var workers in options.Workers)
            {
                // Each round begins with another one: none always follows the same neighbour's clutter.
                for (var i = 0; i < scenarios.Count; i++)
                {
                    var scenario = scenarios[(i + round) % scenarios.Count];
                    progress.Next($"round {round + 1}, {workers} at once: {scenario.Title}");
                    rounds.Add(scenario, workers, await MeasureAsync(scenario, workers, options.Cell));
                }
            }
        }

        return rounds;
    }

    public static int StepsOf(int scenarios, RunOptions options) => scenarios * (1 + (options.Rounds * options.Workers.Count));

    /// <summary>The median over the rounds.</summary>
    public double Median(Scenario scenario, int workers, Func<Load, double> of) => MedianOf(_cells[(scenario, workers)].Select(of));

    /// <summary>How many calls of the one are answered in the time of one of the other: the median of the rounds' ratios.</summary>
    public double Ratio(Scenario of, Scenario to, int workers) =>
        MedianOf(_cells[(of, workers)].Zip(_cells[(to, workers)], (a, b) => a.PerSecond / b.PerSecond));

    private static async Task<Load> MeasureAsync(Scenario scenario, int workers, TimeSpan duration)
    {
        await scenario.GetReadyAsync();
        var load = await Load.MeasureAsync(scenario.Call, Math.Clamp(workers, scenario.MinWorkers, scenario.MaxWorkers), duration);
        await scenario.TidyUpAsync();
        return load with { PerSecond = load.PerSecond * scenario.CyclesACall };
    }

    private static double MedianOf(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private void Add(Scenario scenario, int workers, Load load)
    {
        if (!_cells.TryGetValue((scenario, workers), out var loads))
            _cells[(scenario, workers)] = loads = [];
        loads.Add(load);
    }
}
