using Npgsql;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Benchmarks.Postgres;

/// <summary>Leases as plain SQL can make and unmake them, without a broker.</summary>
internal sealed class PlainSql(NpgsqlDataSource connections)
{
    public const int FloorBatch = 50;

    private const string Group = "plain_sql_group";
    private const string Until = "VALID UNTIL '2100-01-01'";

    private readonly string _verifier = ScramVerifier.Compute(Secret.Random().Bytes, iterations: 1);
    private int _roles;

    public async Task PrepareAsync() =>
        await RunAsync($"CREATE ROLE {Group} NOLOGIN", $"GRANT SELECT ON invoices TO {Group}");

    /// <summary>Opens connections, and leaves them in the pool.</summary>
    public async Task ConnectAsync(int count)
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => connections.OpenConnectionAsync().AsTask()));
        foreach (var connection in opened)
            await connection.DisposeAsync();
    }

    /// <summary>One lease, as other brokers do it.</summary>
    public async Task NaiveAsync()
    {
        var role = NextRole();
        await RepeatAsync(
            $"CREATE ROLE {role} LOGIN PASSWORD '{Secret.Random().Reveal()}' {Until}",
            $"GRANT SELECT ON invoices TO {role}");
        await RepeatAsync($"REVOKE ALL ON invoices FROM {role}", $"DROP ROLE {role}");
    }

    /// <summary>As many leases as <see cref="FloorBatch"/> says.</summary>
    public async Task FloorAsync()
    {
        var roles = Enumerable.Range(0, FloorBatch).Select(_ => NextRole()).ToArray();
        await RunAsync([.. roles.Select(role => $"CREATE ROLE {role} LOGIN PASSWORD '{_verifier}' {Until} IN ROLE {Group}")]);
        await RunAsync($"DROP ROLE {string.Join(", ", roles)}");
    }

    private string NextRole() => $"plain_sql_{Interlocked.Increment(ref _roles)}";

    // Two that grant on one table at once: "tuple concurrently updated".
    private async Task RepeatAsync(params string[] statements)
    {
        while (true)
        {
            try
            {
                await RunAsync(statements);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InternalError)
            {
            }
        }
    }

    private async Task RunAsync(params string[] statements)
    {
        await using var batch = connections.CreateBatch();
        foreach (var statement in statements)
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        await batch.ExecuteNonQueryAsync();
    }
}
