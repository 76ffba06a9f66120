using SecretsBroker.Reconciliation;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>How far the store follows the audit logs.</summary>
internal sealed partial class SqliteLeaseStore : ILogPositions
{
    public ValueTask<IReadOnlyDictionary<string, long>> ReadPositionsAsync(CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyDictionary<string, long>>(
            session => session.All(Sql.LogPositions, row => (Broker: row.GetString(0), Sequence: row.GetInt64(1)))
                .ToDictionary(position => position.Broker, position => position.Sequence),
            cancellationToken);

    public async ValueTask WritePositionAsync(string broker, long sequence, CancellationToken cancellationToken) =>
        await _database.WriteAsync(session => session.Execute(Sql.WriteLogPosition, broker, sequence), cancellationToken);

    public ValueTask<bool> ProlongAsync(LeaseId id, DateTimeOffset expireTime, CancellationToken cancellationToken) => ChangeAsync(
        id,
        false,
        (_, row, _) =>
        {
            var prolonged = row.Lease.State == LeaseState.Active ? row.Renew(Instants.Truncate(expireTime)) : row;
            return (prolonged, prolonged != row);
        },
        cancellationToken);
}
