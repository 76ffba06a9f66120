using System.Globalization;

namespace SecretsBroker.Benchmarks.Cedar;

/// <summary>What one decision costs, by the number of policies and of entities. One policy decides each request.</summary>
internal static class CedarBenchmark
{
    private static readonly int[] PolicyCounts = [1, 10, 100, 1_000, 10_000];
    private static readonly int[] EntityCounts = [5, 100, 1_000];

    public static async Task<int> RunAsync(string[] args)
    {
        var figures = new List<string>();
        await Console.Out.WriteLineAsync("policies  entities  median ns  p99 ns  bytes");
        foreach (var policies in PolicyCounts)
        {
            foreach (var entities in EntityCounts)
            {
                var (median, p99, bytes) = Measurement.Of(new CedarScenario(policies, entities).Decide);
                await Console.Out.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{policies,8}  {entities,8}  {median,9:F0}  {p99,6:F0}  {bytes,5:F0}"));
                figures.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"cedar_ns_p{policies}_e{entities}={median:F0} cedar_bytes_p{policies}_e{entities}={bytes:F0}"));
            }
        }

        await Console.Out.WriteLineAsync($"figures: {string.Join(' ', figures)}");
        return 0;
    }
}
