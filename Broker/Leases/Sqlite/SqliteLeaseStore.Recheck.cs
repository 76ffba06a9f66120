using System.Data.Common;
using System.Globalization;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>What asking policy again needs.</summary>
internal sealed partial class SqliteLeaseStore
{
    public ValueTask<LivePage> ListLiveAsync(int shard, string? cursor, int max, CancellationToken cancellationToken) => _database.ReadAsync(
        session =>
        {
            static (long Sequence, LeaseRow Row, DecisionBasis? Basis) Read(DbDataReader row) =>
                (LeaseTable.ReadSequence(row), LeaseTable.Read(row), LeaseTable.ReadBasis(row));

            var after = cursor is null ? 0 : long.Parse(cursor, CultureInfo.InvariantCulture);
            var rows = session.All(Sql.PageOfAllWithBasis, Read, after, max);
            return new LivePage(
                [.. rows.Where(read => !read.Row.HasEnded).Select(read => new LiveLease(read.Row.Lease, read.Basis))],
                rows.Count < max ? null : rows[^1].Sequence.ToString(CultureInfo.InvariantCulture));
        },
        cancellationToken);

    public ValueTask<RecheckConfirmation> ConfirmRecheckAsync(string policyHash, string actor, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            session =>
            {
                var given = new RecheckConfirmation(policyHash, actor, Now());
                session.Execute(Sql.ConfirmRecheck, given.PolicyHash, given.Actor, Instants.Write(given.Time));
                return given;
            },
            cancellationToken);

    public ValueTask<RecheckConfirmation?> FindRecheckConfirmationAsync(CancellationToken cancellationToken) => _database.ReadAsync(
        session => session.First(
            Sql.RecheckConfirmation, row => new RecheckConfirmation(row.GetString(0), row.GetString(1), row.GetInstant(2))),
        cancellationToken);
}
