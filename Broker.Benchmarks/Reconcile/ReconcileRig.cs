using System.Diagnostics;
using Npgsql;
using SecretsBroker.Benchmarks.Issue;
using SecretsBroker.Configuration;
using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Benchmarks.Reconcile;

/// <summary>A PostgreSQL server, and brokers of one installation, each of which has lost what the one before it knew.</summary>
internal sealed class ReconcileRig : IAsyncDisposable
{
    private const int Workers = 16;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(100);

    // Two passes, on whatever machine.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(12);
    private static readonly Dictionary<string, string> Store = new() { ["Kind"] = StoreOptions.Sqlite, ["Installation"] = "benchmark" };

    private readonly BenchmarkDatabase _database;
    private readonly NpgsqlDataSource _superuser;
    private IReadOnlySet<string> _others = new HashSet<string>();

    private ReconcileRig(BenchmarkDatabase database) =>
        (_database, _superuser) = (database, NpgsqlDataSource.Create(database.SuperuserConnectionString));

    public static async Task<ReconcileRig> StartAsync() => new(await BenchmarkDatabase.StartAsync());

    /// <summary>Leaves roles at the server of which only a broker's files knew that are deleted.</summary>
    public async Task FillAndLoseAsync(int leases, int others)
    {
        await using (var broker = await LocalBroker.StartAsync(Store, _database.Catalog))
        {
            var left = leases;
            await Task.WhenAll(broker.Agents("agent", Workers).Select(async agent =>
            {
                var task = await agent.OpenTaskAsync();
                while (Interlocked.Decrement(ref left) >= 0)
                    await agent.IssueAsync(task, BenchmarkCatalog.DatabaseResource, Agent.Role, Lifetime);
            }));
        }

        _others = Enumerable.Range(0, others).Select(_ => LeaseNames.Of(LeaseId.New(0, Installation.Of("another")))).ToHashSet();
        foreach (var role in _others)
        {
            // The name has no character that would have to be quoted.
            await using var command = _superuser.CreateCommand($"CREATE ROLE {role} LOGIN IN ROLE \"sbg_read-orders\"");
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Starts a broker that knows of nothing, and waits until what is its installation's is gone.</summary>
    public async Task<(int Orphans, TimeSpan Took)> RecoverAsync()
    {
        var orphans = (await ReadRolesAsync()).Except(_others).ToHashSet();
        var start = Stopwatch.GetTimestamp();
        await using var broker = await LocalBroker.StartAsync(Store, _database.Catalog);
        while ((await ReadRolesAsync()).Overlaps(orphans))
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
                throw new TimeoutException("Roles that no lease covers were not removed.");
            await Task.Delay(LookAgainAfter);
        }

        return (orphans.Count, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>How many of another installation's are gone.</summary>
    public async Task<int> CountTouchedAsync() => _others.Except(await ReadRolesAsync()).Count();

    public async ValueTask DisposeAsync()
    {
        await _superuser.DisposeAsync();
        await _database.DisposeAsync();
    }

    private async Task<HashSet<string>> ReadRolesAsync()
    {
        await using var command = _superuser.CreateCommand("SELECT rolname FROM pg_roles WHERE rolname LIKE 'sb\\_%'");
        await using var reader = await command.ExecuteReaderAsync();
        var roles = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync())
            roles.Add(reader.GetString(0));
        return roles;
    }
}
