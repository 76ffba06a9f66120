using System.Globalization;
using SecretsBroker.Reconciliation;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Benchmarks.Reconcile;

/// <summary>A broker starts without the store and the audit log that it had: how soon the roles that no lease covers any more are gone.</summary>
internal static class ReconcileBenchmark
{
    public const string Usage = "[--leases N]";

    private const int DefaultLeases = 500;
    private const int Others = 20;

    // What one pass removes, by default.
    private static readonly int MaxLeases = new ReconciliationOptions().MaxRemovals;
    private static readonly TimeSpan Goal = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(string[] args)
    {
        var leases = Parse(args);
        if (!PostgresServer.IsInstalled)
        {
            Console.WriteLine("postgres and initdb are not installed");
            return 1;
        }

        var settings = new ReconciliationOptions();
        Console.WriteLine($"""
            {leases:N0} roles live at a PostgreSQL server when the store (SQLite) and the audit log are lost; {Others} roles beside them are another installation's. All
            settings but Store:Installation are the defaults (Reconciliation:Interval {settings.Interval}, Grace {settings.Grace}). The time is from before the broker's
            start until none of its roles is left. Broker and server on the same {Environment.ProcessorCount} processors, their files in {Path.GetTempPath()}.

            """);
        await using var rig = await ReconcileRig.StartAsync();
        var progress = new Progress(2);
        progress.Next($"issuing {leases:N0} leases");
        await rig.FillAndLoseAsync(leases, Others);
        progress.Next("a broker without the store");
        var (orphans, took) = await rig.RecoverAsync();
        progress.End();

        var touched = await rig.CountTouchedAsync();
        Console.WriteLine($"from the broker's start until {orphans:N0} roles were gone: {took.TotalSeconds:0.0} s; {touched} of {Others} others touched");
        Console.WriteLine($"goal, all gone within {Goal.TotalSeconds:0} s and no other touched: {(took <= Goal && touched == 0 ? "kept" : "missed")}");
        var figures = new Figures();
        figures.Add("orphans", orphans);
        figures.Add("gone_s", took.TotalSeconds);
        figures.Add("others_touched", touched);
        figures.Write();
        return touched == 0 ? 0 : 1;
    }

    /// <exception cref="UsageException">Something in it is not understood.</exception>
    private static int Parse(string[] args) => args switch
    {
        [] => DefaultLeases,
        ["--leases", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var leases)
            && leases >= 1 && leases <= MaxLeases => leases,
        _ => throw new UsageException($"must be {Usage}, with a whole number from 1 to {MaxLeases}"),
    };
}
