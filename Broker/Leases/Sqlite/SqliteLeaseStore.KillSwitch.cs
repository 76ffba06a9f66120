using System.Data.Common;
using System.Globalization;
using SecretsBroker.KillSwitch;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>Kill orders.</summary>
internal sealed partial class SqliteLeaseStore
{
    public ValueTask<KillOrder> AddKillOrderAsync(KillOrder order, CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            if (session.First(Sql.FindKillOrder, ReadKillOrder, order.Id) is { } standing)
            {
                return standing;
            }

            var given = order with { CreateTime = Now() };
            session.Execute(
                Sql.InsertKillOrder, given.Id, (int)given.Selector.Scope, given.Selector.Value, given.Reason, given.Actor,
                Instants.Write(given.CreateTime), given.Selector.Key);
            return given;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<KillOrder>> ListKillOrdersAsync(CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyList<KillOrder>>(session => session.All(Sql.KillOrders, ReadKillOrder), cancellationToken);

    public ValueTask<bool> LiftKillOrderAsync(string id, CancellationToken cancellationToken) =>
        _database.WriteAsync(session => session.Execute(Sql.DeleteKillOrder, id) > 0, cancellationToken);

    public ValueTask<EndPage> EndMatchingAsync(
        int shard, KillSelector selector, string? cursor, int max, CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            var after = cursor is null ? 0 : long.Parse(cursor, CultureInfo.InvariantCulture);
            var rows = ReadPage(session, selector, after, max);
            var now = Now();
            var ended = new List<Lease>();
            foreach (var (_, row) in rows)
            {
                if (!row.HasEnded && KillSelector.Covering(row.Lease).Contains(selector))
                {
                    var killed = row.End(EndCause.Killed, now);
                    LeaseTable.Update(session, row, killed);
                    ended.Add(killed.Lease);
                }
            }

            return new EndPage(ended, rows.Count < max ? null : rows[^1].Sequence.ToString(CultureInfo.InvariantCulture));
        },
        cancellationToken);

    private static List<(long Sequence, LeaseRow Row)> ReadPage(Session session, KillSelector selector, long after, int max)
    {
        static (long, LeaseRow) Read(DbDataReader row) => (LeaseTable.ReadSequence(row), LeaseTable.Read(row));

        return selector.Scope switch
        {
            KillScope.Workload => session.All(Sql.PageOfLiveOwner, Read, after, max, selector.Value),
            // The id of a task holds no space, its owner's may not either: the last one parts them.
            KillScope.Task when selector.Value.LastIndexOf(' ') is > 0 and var space =>
                session.All(Sql.PageOfLiveOwner, Read, after, max, selector.Value[..space]),
            _ => session.All(Sql.PageOfAll, Read, after, max),
        };
    }

    private static string? CoveringKillOrder(Session session, IReadOnlyList<KillSelector> selectors) => session.First(
        Sql.CoveringKillOrder,
        row => row.GetString(0),
        [.. selectors.Select(selector => selector.Key)]);

    private static KillOrder ReadKillOrder(DbDataReader row) => new(
        row.GetString(0),
        new KillSelector((KillScope)row.GetInt32(1), row.GetString(2)),
        row.GetString(3),
        row.GetString(4),
        row.GetInstant(5));
}
