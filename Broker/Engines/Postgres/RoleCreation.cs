using Npgsql;
using static SecretsBroker.Engines.Postgres.PostgresConnections;

namespace SecretsBroker.Engines.Postgres;

/// <summary>Makes roles: those that are asked for at the same time in one transaction.</summary>
internal sealed class RoleCreation
{
    private readonly PostgresConnections _connections;
    private readonly ServerClock _clock;
    private readonly Gathering<NewRole, uint> _gathering;

    public RoleCreation(PostgresConnections connections, ServerClock clock, GatheringLimits limits, TimeProvider time)
    {
        _connections = connections;
        _clock = clock;
        _gathering = new Gathering<NewRole, uint>(
            limits.Lanes, limits.Width, time, (roles, limit) => CreateAsync(roles, Sql.TryLock(roles.Select(role => role.LockKey)), limit));
    }

    /// <returns>The role's OID.</returns>
    /// <exception cref="PostgresException">Among others, that somebody works on the same lease (<see cref="PostgresFailure.IsLockTaken"/>).</exception>
    public Task<uint> CreateAsync(NewRole role) => _gathering.RunAsync(role, role.Limit);

    /// <summary>Waits until nobody else works on the lease.</summary>
    public async Task<uint> WaitAndCreateAsync(NewRole role) =>
        (await CreateAsync([role], Sql.Lock(role.LockKey), role.Limit))[0];

    private async Task<IReadOnlyList<uint>> CreateAsync(IReadOnlyList<NewRole> roles, NpgsqlBatchCommand locking, CallLimit limit)
    {
        await using var connection = await _connections.OpenAsync(Pool.Issue, limit.Token);
        var deadlines = new List<DateTime>(roles.Count);
        foreach (var role in roles)
        {
            deadlines.Add(await _clock.InAsync(role.Limit.Remaining, connection, limit.Token));
        }

        var rows = await connection.RunAsync(
            limit,
            [locking, .. roles.SelectMany(role => role.Commands()), Sql.OidsBefore(roles.Select(role => role.Name), deadlines)]);
        return [.. rows.Select(row => (uint)row[0])];
    }
}
