using System.Globalization;

namespace SecretsBroker.Benchmarks;

/// <summary>How long and how wide to measure; each benchmark has its own defaults.</summary>
/// <param name="Cell">How long one cell (one row at one number of workers) is measured in one round.</param>
/// <param name="Rounds">How often all cells are measured, one after the other; what is shown are medians over the rounds.</param>
/// <param name="Workers">How many callers at once, one column each.</param>
/// <param name="Only">The names of the rows that are wanted; all of them when empty.</param>
internal sealed record RunOptions(TimeSpan Cell, int Rounds, IReadOnlyList<int> Workers, IReadOnlyList<string> Only)
{
    public const string Usage = "[--seconds N] [--rounds N] [--workers N,N,…] [--only NAME,NAME,…]";

    public bool Wants(string row) => Only.Count == 0 || Only.Contains(row);

    /// <exception cref="UsageException">Something in it is not understood.</exception>
    public static RunOptions Parse(string[] args, RunOptions defaults)
    {
        var options = defaults;
        foreach (var pair in args.Chunk(2))
        {
            options = pair switch
            {
                ["--seconds", var text] => options with { Cell = TimeSpan.FromSeconds(Seconds(text)) },
                ["--rounds", var text] => options with { Rounds = Whole(text) },
                ["--workers", var text] => options with { Workers = [.. text.Split(',').Select(Whole)] },
                ["--only", var text] => options with { Only = text.Split(',') },
                _ => throw new UsageException($"{string.Join(' ', pair)}: must be one of {Usage}"),
            };
        }

        return options;
    }

    private static double Seconds(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 3600
            ? seconds
            : throw new UsageException($"--seconds: must be a number above 0, at most 3600, is '{text}'");

    private static int Whole(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 1000
            ? number
            : throw new UsageException($"must be a whole number from 1 to 1000, is '{text}'");
}
