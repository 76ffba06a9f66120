using Npgsql;
using static SecretsBroker.Engines.Postgres.PostgresConnections;

namespace SecretsBroker.Engines.Postgres;

/// <summary>Looks whether roles are gone: by name, by OID, and by sessions of either.</summary>
internal sealed class RoleLook
{
    private readonly PostgresConnections _connections;
    private readonly Gathering<LeaseRole, Verification> _gathering;

    public RoleLook(PostgresConnections connections, GatheringLimits limits, TimeProvider time)
    {
        _connections = connections;
        _gathering = new Gathering<LeaseRole, Verification>(limits.Lanes, limits.Width, time, LookAsync);
    }

    public Task<Verification> LookAsync(LeaseRole role, CallLimit limit) => _gathering.RunAsync(role, limit);

    private async Task<IReadOnlyList<Verification>> LookAsync(IReadOnlyList<LeaseRole> roles, CallLimit limit)
    {
        await using var connection = await _connections.OpenAsync(Pool.Revoke, limit.Token);
        return Judge(roles, await connection.RunAsync(limit, At(roles)));
    }

    /// <summary>To be judged by <see cref="Judge"/>.</summary>
    public static NpgsqlBatchCommand At(IReadOnlyList<LeaseRole> roles) =>
        Sql.Look(roles.Select(role => role.Name), roles.Select(role => role.Oid));

    public static IReadOnlyList<Verification> Judge(IReadOnlyList<LeaseRole> roles, IReadOnlyList<object[]> rows) =>
        [.. roles.Zip(rows, (role, counts) => Judge(role, (long)counts[0], (long)counts[1], (long)counts[2]))];

    private static Verification Judge(LeaseRole role, long named, long known, long sessions)
    {
        var looked = role.Oid == 0 ? $"role {role.Name}" : $"role {role.Name}, OID {role.Oid}";
        return named + known + sessions == 0
            ? new Verification(Gone: true, $"{looked}: no such role, no sessions")
            : new Verification(Gone: false, $"{looked}: {named} roles of the name, {known} of the OID, {sessions} sessions");
    }
}
