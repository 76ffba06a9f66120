using System.Data.Common;
using System.Globalization;
using System.Text.Json.Nodes;
using SecretsBroker.KillSwitch;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>Kill orders.</summary>
internal sealed partial class SqliteLeaseStore
{
    private const string Beneath = "beneath ";

    public ValueTask<KillOrder> AddKillOrderAsync(KillOrder order, CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            if (session.First(Sql.FindKillOrder, ReadKillOrder, order.Id) is { } standing)
            {
                return standing;
            }

            // In whole milliseconds, rounded up: no order is shorter than it was given.
            TimeSpan? lifetime = order.Lifetime is { } asked ? TimeSpan.FromMilliseconds(Math.Ceiling(asked.TotalMilliseconds)) : null;
            var given = order with { CreateTime = Now(), Lifetime = lifetime };
            session.Execute(
                Sql.InsertKillOrder, given.Id, (int)given.Selector.Scope, given.Selector.Value, given.Reason, given.Actor,
                Instants.Write(given.CreateTime), given.Selector.Key, (long?)lifetime?.TotalMilliseconds);
            return given;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<KillOrder>> ListKillOrdersAsync(CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyList<KillOrder>>(session => session.All(Sql.KillOrders, ReadKillOrder, Instants.Write(Now())), cancellationToken);

    public ValueTask<IReadOnlyList<KillOrder>> ListExpiredKillOrdersAsync(CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyList<KillOrder>>(
            session => session.All(Sql.ExpiredKillOrders, ReadKillOrder, Instants.Write(Now())), cancellationToken);

    // One shard: an order stands in all or in none.
    public ValueTask<bool> SpreadKillOrderAsync(KillOrder order, CancellationToken cancellationToken) => _database.ReadAsync(
        session => session.First(Sql.FindKillOrder, ReadKillOrder, order.Id) is not null, cancellationToken);

    public ValueTask<KillOrder?> ProposeKillLiftAsync(string id, string actor, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            session =>
            {
                if (session.First(Sql.FindKillOrder, ReadKillOrder, id) is null)
                {
                    return null;
                }

                session.Execute(Sql.ProposeKillLift, id, actor, Instants.Write(Now()));
                return session.First(Sql.FindKillOrder, ReadKillOrder, id);
            },
            cancellationToken);

    public ValueTask<bool> LiftKillOrderAsync(string id, CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            session.Execute(Sql.DeleteKillLift, id);
            return session.Execute(Sql.DeleteKillOrder, id) > 0;
        },
        cancellationToken);

    public ValueTask<EndPage> EndMatchingAsync(
        int shard, KillSelector selector, string? cursor, int max, CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            // First what is an owner's own, then what was delegated, where the selector tells the two apart.
            var beneath = cursor?.StartsWith(Beneath, StringComparison.Ordinal) == true;
            var after = cursor is null ? 0 : long.Parse(beneath ? cursor[Beneath.Length..] : cursor, CultureInfo.InvariantCulture);
            var rows = beneath
                ? session.All(Sql.PageOfLiveDelegated, Read, after, max)
                : ReadPage(session, selector, after, max);
            var now = Now();
            var (ended, before) = (new List<Lease>(), new List<Lease>());
            foreach (var (_, row) in rows)
            {
                if (!row.IsLive || (beneath && row.Lease.Owner.Value == OwnerOf(selector)) || !KillSelector.Covering(row.Lease).Contains(selector))
                {
                    continue;
                }

                var killed = row.End(EndCause.Killed, now);
                LeaseTable.Update(session, row, killed);
                (row.HasEnded ? before : ended).Add(killed.Lease);
            }

            var next = rows.Count == max ? (beneath ? Beneath : "") + rows[^1].Sequence.ToString(CultureInfo.InvariantCulture)
                : !beneath && selector.Scope is (KillScope.Workload or KillScope.Task) ? Beneath + "0"
                : null;
            return new EndPage(ended, before, next);
        },
        cancellationToken);

    private static List<(long Sequence, LeaseRow Row)> ReadPage(Session session, KillSelector selector, long after, int max)
    {
        return selector.Scope switch
        {
            KillScope.Workload => session.All(Sql.PageOfLiveOwner, Read, after, max, selector.Value),
            KillScope.Task => session.All(Sql.PageOfLiveOwner, Read, after, max, OwnerOf(selector)),
            _ => session.All(Sql.PageOfAll, Read, after, max),
        };
    }

    // The id of a task holds no space, its owner's may not either: the last one parts them.
    private static string OwnerOf(KillSelector selector) =>
        selector.Scope == KillScope.Task && selector.Value.LastIndexOf(' ') is > 0 and var space ? selector.Value[..space] : selector.Value;

    private static (long Sequence, LeaseRow Row) Read(DbDataReader row) => (LeaseTable.ReadSequence(row), LeaseTable.Read(row));

    private static string? CoveringKillOrder(Session session, IReadOnlyList<KillSelector> selectors, DateTimeOffset now) =>
        session.First(Sql.AnyKillOrder, row => row.GetInt64(0)) == 0
            ? null
            : session.First(
                Sql.CoveringKillOrder,
                row => row.GetString(0),
                new JsonArray([.. selectors.Select(selector => (JsonNode)selector.Key)]).ToJsonString(),
                Instants.Write(now));

    private static KillOrder ReadKillOrder(DbDataReader row) => new(
        row.GetString(0),
        new KillSelector((KillScope)row.GetInt32(1), row.GetString(2)),
        row.GetString(3),
        row.GetString(4),
        row.GetInstant(5))
    {
        Lifetime = row.IsDBNull(8) ? null : TimeSpan.FromMilliseconds(row.GetInt64(8)),
        LiftProposal = row.FindInstant(7) is { } proposed ? new LiftProposal(row.GetString(6), proposed) : null,
    };
}
