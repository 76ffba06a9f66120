using System.Data.Common;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>Between rows and <see cref="LeaseRow"/>s, and the counters that go with every change.</summary>
internal static class LeaseTable
{
    public static LeaseRow? Find(Session session, LeaseId id) => session.First(Sql.FindLease, Read, id.Value);

    /// <summary>Writes a new lease. The workload's counter is the caller's, who writes its rate as well.</summary>
    public static void Insert(Session session, LeaseRow row, string? basis)
    {
        var lease = row.Lease;
        session.Execute(
            Sql.InsertLease,
            [
                .. Changing(row),
                lease.Id.Value, lease.Owner.Value, lease.Task.Id.Value, lease.Grant, lease.Engine, lease.Target, lease.Action,
                lease.Resource, lease.Tool, lease.Purpose, lease.Initiator, lease.DecisionId, lease.RequestId, lease.TraceParent,
                Instants.Write(lease.CreateTime), Instants.Write(lease.IssueDeadline), Instants.Write(lease.MaxExpireTime),
                string.IsNullOrEmpty(basis) ? null : basis, lease.SealedFor,
                lease.Delegation is { } chain ? DelegationText.Write(chain) : null,
            ]);
        session.Execute(Sql.CountTarget, lease.Target, 1, 0);
        session.Execute(Sql.TouchTask, lease.Owner.Value, lease.Task.Id.Value, 1, 1);
    }

    /// <summary>Writes what changed; nothing when nothing did.</summary>
    public static void Update(Session session, LeaseRow before, LeaseRow after)
    {
        if (after == before)
        {
            return;
        }

        var lease = after.Lease;
        session.Execute(Sql.UpdateLease, [.. Changing(after), lease.Id.Value]);

        var live = (after.IsLive ? 1 : 0) - (before.IsLive ? 1 : 0);
        var stuck = (after.Stuck ? 1 : 0) - (before.Stuck ? 1 : 0);
        session.Execute(Sql.TouchTask, lease.Owner.Value, lease.Task.Id.Value, live, 0);
        if (live != 0)
        {
            session.Execute(Sql.CountWorkload, lease.Owner.Value, live);
        }

        if (live != 0 || stuck != 0)
        {
            session.Execute(Sql.CountTarget, lease.Target, live, stuck);
        }

        if (live < 0)
        {
            session.Execute(Sql.DropTarget, lease.Target);
        }
    }

    public static LeaseRow Read(DbDataReader row)
    {
        var lease = new Lease
        {
            Id = LeaseId.Parse(row.GetString(0)),
            Task = new TaskKey(new WorkloadId(row.GetString(1)), new TaskId(row.GetString(2))),
            Grant = row.GetString(3),
            Engine = row.GetString(4),
            Target = row.GetString(5),
            Action = row.GetString(6),
            Resource = row.GetString(7),
            Tool = row.GetString(8),
            Purpose = row.GetString(9),
            Initiator = row.GetString(10),
            DecisionId = row.GetString(11),
            RequestId = row.GetString(12),
            TraceParent = row.GetString(13),
            SealedFor = row.GetString(34),
            CreateTime = row.GetInstant(14),
            IssueDeadline = row.GetInstant(15),
            MaxExpireTime = row.GetInstant(16),
            State = (LeaseState)row.GetInt32(17),
            Cause = (EndCause)row.GetInt32(18),
            SettleTime = row.GetInstant(19),
            ExpireTime = row.GetInstant(20),
            EndTime = row.FindInstant(21),
            GoneTime = row.FindInstant(22),
            Proof = row.GetString(23),
            Attempts = row.GetInt32(24),
            Fence = row.GetInt64(25),
            TakenOver = row.GetBoolean(26),
            Reopened = row.GetInt32(27),
            Handle = row.GetString(28),
            Delegation = row.IsDBNull(35) ? null : DelegationText.ReadChain(row.GetString(35)),
        };
        return new LeaseRow(lease, row.FindInstant(29), row.GetBoolean(30), row.GetBoolean(31), row.FindInstant(32));
    }

    /// <summary>The row's place in the order of reservation.</summary>
    public static long ReadSequence(DbDataReader row) => row.GetInt64(33);

    /// <summary>Where the statement asked for it (<see cref="Sql.PageOfAllWithBasis"/>).</summary>
    public static DecisionBasis? ReadBasis(DbDataReader row) => row.IsDBNull(36) ? null : DecisionBasis.Read(row.GetString(36));

    private static object?[] Changing(LeaseRow row) =>
    [
        (int)row.Lease.State, (int)row.Lease.Cause, Instants.Write(row.Lease.SettleTime), Instants.Write(row.Lease.ExpireTime),
        Instants.Write(row.Lease.EndTime), Instants.Write(row.Lease.GoneTime), row.Lease.Proof, row.Lease.Attempts, row.Lease.Fence,
        row.Lease.TakenOver, row.Lease.Reopened, row.Lease.Handle,
        Instants.Write(row.Due), row.Claimed, row.Stuck, Instants.Write(row.ForgetTime),
    ];
}
