using System.Globalization;

namespace SecretsBroker.Benchmarks.Kill;

/// <param name="Leases">How many live when the switch is pulled.</param>
/// <param name="Workers">How many workloads hold them, and issue at once.</param>
/// <param name="Only">The names of the stores that are wanted; all of them when empty.</param>
internal sealed record KillRunOptions(int Leases, int Workers, IReadOnlyList<string> Only)
{
    /// <exception cref="UsageException">Something in it is not understood.</exception>
    public static KillRunOptions Parse(string[] args, KillRunOptions defaults)
    {
        var options = defaults;
        foreach (var pair in args.Chunk(2))
        {
            options = pair switch
            {
                ["--leases", var text] => options with { Leases = Whole(text, 1_000_000) },
                ["--workers", var text] => options with { Workers = Whole(text, 1_000) },
                ["--only", var text] => options with { Only = text.Split(',') },
                _ => throw new UsageException($"{string.Join(' ', pair)}: must be one of {KillBenchmark.Usage}"),
            };
        }

        return options;
    }

    private static int Whole(string text, int maximum) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= maximum
            ? number
            : throw new UsageException($"must be a whole number from 1 to {maximum}, is '{text}'");
}
