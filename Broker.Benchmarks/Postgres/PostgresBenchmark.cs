using System.Globalization;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Benchmarks.Postgres;

/// <summary>What a database login costs: as other brokers make it, as plain SQL can make it at best, and as this broker does.</summary>
internal static class PostgresBenchmark
{
    public const string Usage = $"[--roles N] {RunOptions.Usage} | {CurveOptions.Usage}";

    // More than a table's access list has room for, when each lease is an entry of its own.
    private const int DefaultRoles = 5_000;
    private static readonly RunOptions Defaults = new(TimeSpan.FromSeconds(3), Rounds: 3, Workers: [1, 8, 64, 512], Only: []);

    private static readonly Dictionary<(string Ratio, int Workers), double> Goals = new() { [("naive", 64)] = 15, [("floor", 64)] = 0.5 };

    public static async Task<int> RunAsync(string[] args)
    {
        if (!PostgresServer.IsInstalled)
        {
            Console.WriteLine("postgres and initdb are not installed");
            return 1;
        }

        if (args is ["--curve", .. var curve])
            return await LiveRolesCurve.RunAsync(CurveOptions.Parse(curve));
        var (roles, rest) = args is ["--roles", var text, .. var others] ? (RolesOf(text), others) : (DefaultRoles, args);
        var options = RunOptions.Parse(rest, Defaults);
        await using var rig = await PostgresRig.StartAsync(options.Workers.Max());
        Explain(options);

        Scenario[] scenarios = [.. new[] { rig.Naive, rig.Floor, rig.Calls, rig.Broker }.Where(row => row == rig.Broker || options.Wants(row.Name))];
        Scenario[] lone = [rig.Broker, rig.Ungathered];
        var alone = options with { Workers = [1] };
        var progress = new Progress(Rounds.StepsOf(scenarios.Length, options) + Rounds.StepsOf(lone.Length, alone) + 2);
        // The lone ones first, while the stores of both brokers are as empty.
        var loneRounds = await Rounds.RunAsync(lone, alone, progress);
        var rounds = await Rounds.RunAsync(scenarios, options, progress);
        progress.Next($"issuing {roles} roles that live at once");
        var traces = await rig.LeaveTracesAsync(roles, () => progress.Next("revoking them"));
        progress.End();

        var figures = new Figures();
        new Report(rounds, options, figures).Table(scenarios);
        Console.WriteLine();
        Ratios(rounds, options, scenarios, rig, figures);
        var (gathered, ungathered) = (P50(loneRounds, rig.Broker), P50(loneRounds, rig.Ungathered));
        Console.WriteLine($"a lone cycle, median: {gathered:0.00} ms where requests are gathered, {ungathered:0.00} ms where they are not");
        figures.AtMost("lone_ratio", gathered / ungathered, 1.2);
        traces.Write(figures);
        figures.Write();
        return traces.AreNone ? 0 : 1;
    }

    private static int RolesOf(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var roles) && roles > 0
        ? roles
        : throw new UsageException($"--roles: must be a whole number above 0, is '{text}'");

    private static double P50(Rounds rounds, Scenario scenario) => rounds.Median(scenario, 1, load => load.P50.TotalMilliseconds);

    private static void Ratios(Rounds rounds, RunOptions options, IReadOnlyCollection<Scenario> measured, PostgresRig rig, Figures figures)
    {
        foreach (var workers in options.Workers)
        {
            Ratio(rig.Broker, rig.Naive, workers, "naive");
            Ratio(rig.Broker, rig.Floor, workers, "floor");
            Ratio(rig.Broker, rig.Calls, workers, "calls");
            Ratio(rig.Calls, rig.Floor, workers, "calls_to_floor");
        }

        void Ratio(Scenario of, Scenario to, int workers, string name)
        {
            if (!measured.Contains(of) || !measured.Contains(to))
                return;
            var ratio = rounds.Ratio(of, to, workers);
            Console.WriteLine($"{workers,4} at once: {of.Name} / {to.Name} = {ratio:0.00}");
            if (Goals.TryGetValue((name, workers), out var goal))
                figures.AtLeast($"{name}_ratio_{workers}", ratio, goal);
            else
                figures.Add($"{name}_ratio_{workers}", ratio);
        }
    }

    private static void Explain(RunOptions options) => Console.WriteLine($"""
        One PostgreSQL server with fsync on, broker, callers and server on the same {Environment.ProcessorCount} processors. A cycle is one lease: made, and gone again.
        naive   plain SQL as other brokers do it: a role with a plain password and a GRANT of its own, then REVOKE and DROP ROLE; what fails
                because another changed the same row is repeated; at most {PostgresRig.NaiveConnections} connections.
        floor   plain SQL at its best: {PlainSql.FloorBatch} roles a transaction, ready verifiers, IN ROLE instead of GRANT; {PostgresRig.FloorConnections} connections, whatever the column
                says; p50 and p99 are those of {PlainSql.FloorBatch} cycles. It keeps no lease, no record, no order of revocation, and proves nothing.
        calls   two empty authenticated calls to the broker (ListLeases of one that has none): what gRPC, sockets and the caller leave possible at most.
        broker  IssueLease with a new task, then CompleteTask, over gRPC with an identity each: decided, recorded (audit log and SQLite flush to
                the disk before they answer), made, revoked, looked at again.
        Medians of {options.Rounds} interleaved rounds of {options.Cell.TotalSeconds} s; ratios are taken within a round. Between two cells the catalogue is
        vacuumed and plain SQL's sessions are closed: none pays for what another left.

        """);
}
