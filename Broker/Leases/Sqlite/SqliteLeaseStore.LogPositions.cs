using SecretsBroker.Reconciliation;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>How far the store follows the audit logs.</summary>
internal sealed partial class SqliteLeaseStore : ILogPositions
{
    public ValueTask<LogPositions> ReadPositionsAsync(CancellationToken cancellationToken) =>
        _database.ReadAsync(session => new LogPositions(PositionsOf(session), Servers: []), cancellationToken);

    public ValueTask<bool> WritePositionAsync(string broker, long sequence, LogPositions read, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            session =>
            {
                var known = PositionsOf(session);
                return read.ByBroker.All(position => known.GetValueOrDefault(position.Key) >= position.Value)
                    && session.Execute(Sql.WriteLogPosition, broker, sequence) == 1;
            },
            cancellationToken);

    public ValueTask<bool> ProlongAsync(LeaseId id, DateTimeOffset expireTime, CancellationToken cancellationToken) => ChangeAsync(
        id,
        false,
        (_, row, _) =>
        {
            var prolonged = row.Lease.State == LeaseState.Active ? row.Renew(Instants.Truncate(expireTime)) : row;
            return (prolonged, prolonged != row);
        },
        cancellationToken);

    private static Dictionary<string, long> PositionsOf(Session session) =>
        session.All(Sql.LogPositions, row => (Broker: row.GetString(0), Sequence: row.GetInt64(1)))
            .ToDictionary(position => position.Broker, position => position.Sequence);
}
