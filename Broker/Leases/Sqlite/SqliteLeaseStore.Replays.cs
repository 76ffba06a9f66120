using SecretsBroker.Identity;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>What may be used once.</summary>
internal sealed partial class SqliteLeaseStore
{
    public ValueTask<bool> TryUseAsync(ReplayKey key, DateTimeOffset until, CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            var now = Instants.Write(Now());
            session.Execute(Sql.ForgetUsed, now);
            return Instants.Write(until) > now && session.Execute(Sql.Use, key.Value, Instants.Write(until), now) > 0;
        },
        cancellationToken);
}
