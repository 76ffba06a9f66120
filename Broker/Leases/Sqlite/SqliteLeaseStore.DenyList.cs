using System.Data.Common;
using SecretsBroker.Engines;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>What has been revoked and is published until it would have ended by itself.</summary>
internal sealed partial class SqliteLeaseStore
{
    public async ValueTask AddAsync(string target, LeaseId lease, DateTimeOffset until, CancellationToken cancellationToken) =>
        await _database.WriteAsync(
            session =>
            {
                var now = Now();
                session.Execute(Sql.ForgetDenied, target, Instants.Write(now));
                var added = Instants.Truncate(until) > now
                    && session.Execute(Sql.Deny, target, lease.Value, Instants.Write(now), Instants.Write(until)) > 0;
                // By the clock: a list that was set back must not reach once more the version of one that verifiers have.
                return added && session.Execute(Sql.RaiseDenyList, target, Instants.Write(now)) > 0;
            },
            cancellationToken);

    public ValueTask<DenyListEntry?> FindAsync(string target, LeaseId lease, CancellationToken cancellationToken) =>
        _database.ReadAsync(
            session => session.First(
                Sql.FindDenied, row => (DenyListEntry?)ReadEntry(row), target, lease.Value, Instants.Write(Now())),
            cancellationToken);

    public ValueTask<long> ReadVersionAsync(string target, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => Version(session, target), cancellationToken);

    public ValueTask<DenyListSnapshot> ReadAsync(string target, CancellationToken cancellationToken) => _database.ReadAsync(
        session => new DenyListSnapshot(
            Version(session, target),
            session.All(Sql.Denied, ReadEntry, target, Instants.Write(Now()))),
        cancellationToken);

    private static long Version(Session session, string target) =>
        session.First(Sql.DenyListVersion, row => row.GetInt64(0), target);

    private static DenyListEntry ReadEntry(DbDataReader row) =>
        new(LeaseId.Parse(row.GetString(0)), row.GetInstant(1), row.GetInstant(2));
}
