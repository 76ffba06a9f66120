using System.Globalization;

namespace SecretsBroker.Benchmarks.Policies;

/// <summary>What one decision of the broker costs, from its question to its answer, and what bringing the policies into force costs.</summary>
internal static class DecisionBenchmark
{
    private const int Loads = 5;
    private static readonly int[] PolicyCounts = [10, 100, 1_000, 10_000];

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length > 0)
            throw new UsageException("policy takes no options");
        var figures = new Figures();
        await Console.Out.WriteLineAsync("policies  decide: median ns  p99 ns  bytes   load ms");
        foreach (var policies in PolicyCounts)
        {
            var scenario = new DecisionScenario(policies);
            var (median, p99, bytes) = Measurement.Of(scenario.Decision());
            var load = TimeLoad(scenario);
            await Console.Out.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{policies,8}  {median,17:F0}  {p99,6:F0}  {bytes,5:F0}  {load,8:F1}"));
            figures.Add($"policy_decide_ns_p{policies}", median);
            figures.Add($"policy_decide_bytes_p{policies}", bytes);
            figures.Add($"policy_load_ms_p{policies}", load);
        }

        figures.Write();
        return 0;
    }

    // The quickest of several: what disturbs it only adds.
    private static double TimeLoad(DecisionScenario scenario)
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < Loads; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            scenario.Load();
            var taken = TimeProvider.System.GetElapsedTime(start);
            best = taken < best ? taken : best;
        }

        return best.TotalMilliseconds;
    }
}
