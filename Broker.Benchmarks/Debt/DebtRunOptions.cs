using System.Globalization;

namespace SecretsBroker.Benchmarks.Debt;

/// <param name="Leases">How many expire while the server is down.</param>
/// <param name="Phase">How long the other target is watched before, and while the server is down.</param>
internal sealed record DebtRunOptions(int Leases, TimeSpan Phase)
{
    /// <exception cref="UsageException">Something in it is not understood.</exception>
    public static DebtRunOptions Parse(string[] args, DebtRunOptions defaults)
    {
        var options = defaults;
        foreach (var pair in args.Chunk(2))
        {
            options = pair switch
            {
                ["--leases", var text] => options with { Leases = Whole(text, 9_000) },
                ["--seconds", var text] => options with { Phase = TimeSpan.FromSeconds(Whole(text, 600)) },
                _ => throw new UsageException($"{string.Join(' ', pair)}: must be one of {DebtBenchmark.Usage}"),
            };
        }

        return options;
    }

    private static int Whole(string text, int maximum) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= maximum
            ? number
            : throw new UsageException($"must be a whole number from 1 to {maximum}, is '{text}'");
}
