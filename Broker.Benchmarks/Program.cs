using SecretsBroker.Benchmarks;
using SecretsBroker.Benchmarks.Cedar;
using SecretsBroker.Benchmarks.Debt;
using SecretsBroker.Benchmarks.Identity;
using SecretsBroker.Benchmarks.Issue;
using SecretsBroker.Benchmarks.Kill;
using SecretsBroker.Benchmarks.Postgres;
using SecretsBroker.Benchmarks.Policies;
using SecretsBroker.Benchmarks.Reconcile;
using SecretsBroker.Benchmarks.Stores;

// A benchmark is an entry here: its name on the command line, what it is about, and what it runs with the arguments after that.
var benchmarks = new Dictionary<string, (string About, Func<string[], Task<int>> Run)>(StringComparer.Ordinal)
{
    ["issue"] = ($"a secret's whole way, over gRPC {RunOptions.Usage}", IssueBenchmark.RunAsync),
    ["issue-profile"] = ("where the time of that goes [--seconds N] [--workers N,…] [--only NAME,…]", IssueProfile.RunAsync),
    ["postgres"] = ($"a database login, beside plain SQL; --curve: beside many live ones {PostgresBenchmark.Usage}", PostgresBenchmark.RunAsync),
    ["stores"] = ($"a lease's way through each store, alone and beside many {RunOptions.Usage}", StoreBenchmark.RunAsync),
    ["kill"] = ($"the kill switch, where many leases live {KillBenchmark.Usage}", KillBenchmark.RunAsync),
    ["debt"] = ($"a target that is down while its leases expire, and another one beside it {DebtBenchmark.Usage}", DebtBenchmark.RunAsync),
    ["reconcile"] = ($"roles whose leases were lost, until they are gone {ReconcileBenchmark.Usage}", ReconcileBenchmark.RunAsync),
    ["identity"] = ("believing a token or a certificate, at first and when it is known", IdentityBenchmark.RunAsync),
    ["policy"] = ("one decision of the broker, and bringing policies into force, by their number", DecisionBenchmark.RunAsync),
    ["cedar"] = ("one policy decision, by policies and entities", CedarBenchmark.RunAsync),
};

try
{
    if (args is [var name, .. var rest] && benchmarks.TryGetValue(name, out var benchmark))
        return await benchmark.Run(rest);
}
catch (UsageException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}

await Console.Error.WriteLineAsync("usage: dotnet run -c Release --project Broker.Benchmarks -- BENCHMARK [OPTIONS]");
foreach (var (key, benchmark) in benchmarks)
    await Console.Error.WriteLineAsync($"  {key,-14} {benchmark.About}");
await Console.Error.WriteLineAsync("Every benchmark ends with one line 'figures: name=value …'.");
return 2;
