using System.Globalization;

namespace SecretsBroker.Benchmarks.Postgres;

/// <summary>At what server, and beside how many live roles, the curve is measured.</summary>
/// <param name="HasTimeouts">Whether each role has a <c>statement_timeout</c> of its own, which the server keeps in one table for all.</param>
/// <param name="HasFunctions">Whether the account has the functions that make roles for it.</param>
/// <param name="Programs">The folder of the server's programs; null for the installed ones.</param>
/// <param name="Levels">Live roles, rising.</param>
internal sealed record CurveOptions(bool HasTimeouts, bool HasFunctions, string? Programs, IReadOnlyList<int> Levels)
{
    public const string Usage = "--curve [timeouts] [functions] [--programs FOLDER] [--levels N,N,…]";

    /// <exception cref="UsageException">Something in it is not understood.</exception>
    public static CurveOptions Parse(string[] args)
    {
        var options = new CurveOptions(HasTimeouts: false, HasFunctions: false, Programs: null, [1_000, 3_000, 10_000, 30_000, 100_000]);
        while (args.Length > 0)
        {
            (options, args) = args switch
            {
                ["timeouts", .. var rest] => (options with { HasTimeouts = true }, rest),
                ["functions", .. var rest] => (options with { HasFunctions = true }, rest),
                ["--programs", var folder, .. var rest] => (options with { Programs = folder }, rest),
                ["--levels", var text, .. var rest] => (options with { Levels = [.. text.Split(',').Select(Level).Order()] }, rest),
                _ => throw new UsageException($"{args[0]}: must be one of {Usage}"),
            };
        }

        return options;
    }

    private static int Level(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var level) && level > 0
            ? level
            : throw new UsageException($"--levels: must be whole numbers above 0, is '{text}'");
}
