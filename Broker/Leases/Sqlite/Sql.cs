namespace SecretsBroker.Leases.Sqlite;

/// <summary>Every statement but the schema. Parameters are numbered; what is written into a table is always one.</summary>
internal static partial class Sql
{
    // ---- tasks

    private const string TaskColumns =
        "owner, id, purpose, initiator, labels, outcome, create_time, expire_time, lifeline_deadline, end_time, revision, over_time, live, "
        + "verified_initiator, scope, delegation";

    public const string FindTask = $"SELECT {TaskColumns} FROM tasks WHERE owner = ?1 AND id = ?2";

    public const string InsertTask = """
        INSERT INTO tasks (owner, id, purpose, initiator, labels, create_time, expire_time, over_time, revision, live, kept,
            verified_initiator, scope, delegation)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 1, 0, 0, ?8, ?9, ?10)
        """;

    public const string BeatTask =
        "UPDATE tasks SET lifeline_deadline = ?3, over_time = min(expire_time, ?3) WHERE owner = ?1 AND id = ?2";

    public const string EndTask = """
        UPDATE tasks SET outcome = ?3, end_time = ?4, forget_time = ?5, over_time = NULL, revision = revision + 1
        WHERE owner = ?1 AND id = ?2
        """;

    public const string LostTasks = $"SELECT {TaskColumns} FROM tasks WHERE over_time <= ?1 ORDER BY over_time LIMIT ?2";

    public const string TouchTask =
        "UPDATE tasks SET revision = revision + 1, live = live + ?3, kept = kept + ?4 WHERE owner = ?1 AND id = ?2";

    // ---- leases

    private const string FixedColumns =
        "id, owner, task, grant_name, engine, target, action, resource, tool, purpose, initiator, decision, request, trace_parent, "
        + "create_time, issue_deadline, max_expire_time";

    private const string ChangingColumns =
        "state, cause, settle_time, expire_time, end_time, gone_time, proof, attempts, fence, taken_over, reopened, handle, "
        + "due, claimed, stuck, forget_time";

    private const string LeaseColumns = $"{FixedColumns}, {ChangingColumns}, seq, sealed_for, chain";

    public const string InsertLease = $"""
        INSERT INTO leases ({ChangingColumns}, {FixedColumns}, basis, sealed_for, chain)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
            ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36)
        """;

    public const string UpdateLease = $"""
        UPDATE leases SET ({ChangingColumns}) = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
        WHERE id = ?17
        """;

    public const string FindLease = $"SELECT {LeaseColumns} FROM leases WHERE id = ?1";

    public const string TaskLeases =
        $"SELECT {LeaseColumns} FROM leases WHERE owner = ?1 AND task = ?2 AND due IS NOT NULL ORDER BY seq";

    public const string LatestOfRequest = $"""
        SELECT {LeaseColumns} FROM leases WHERE owner = ?1 AND task = ?2 AND request = ?3 AND due IS NOT NULL AND request <> ''
        ORDER BY seq DESC LIMIT 1
        """;

    public const string DueLeases = $"SELECT {LeaseColumns} FROM leases WHERE target = ?1 AND due <= ?2 ORDER BY due LIMIT ?3";

    public const string PageOfOwner = $"""
        SELECT {LeaseColumns} FROM leases WHERE owner = ?1 AND (create_time, id) < (?2, ?3)
        ORDER BY create_time DESC, id DESC LIMIT ?4
        """;

    public const string PageOfTask = $"""
        SELECT {LeaseColumns} FROM leases WHERE owner = ?1 AND task = ?5 AND (create_time, id) < (?2, ?3)
        ORDER BY create_time DESC, id DESC LIMIT ?4
        """;

    // In the order in which they were reserved: what comes while pages are read comes after the last.
    public const string PageOfAll = $"SELECT {LeaseColumns} FROM leases WHERE seq > ?1 ORDER BY seq LIMIT ?2";

    public const string PageOfAllWithBasis = $"SELECT {LeaseColumns}, basis FROM leases WHERE seq > ?1 ORDER BY seq LIMIT ?2";

    public const string PageOfLiveOwner = $"""
        SELECT {LeaseColumns} FROM leases INDEXED BY leases_live WHERE owner = ?3 AND due IS NOT NULL AND seq > ?1 ORDER BY seq LIMIT ?2
        """;

    // What stands below an owner may be anybody's that was delegated to.
    public const string PageOfLiveDelegated = $"""
        SELECT {LeaseColumns} FROM leases INDEXED BY leases_delegated
        WHERE due IS NOT NULL AND chain IS NOT NULL AND seq > ?1 ORDER BY seq LIMIT ?2
        """;

    public const string CapLease = "UPDATE leases SET max_expire_time = ?2, issue_deadline = ?3 WHERE id = ?1";

    // ---- delegations

    private const string DelegationColumns = "about, terms, create_time, expire_time, max_uses, used, end_time, version";

    public const string FindDelegation = $"SELECT {DelegationColumns} FROM delegations WHERE id = ?1";

    public const string CountGiven = "SELECT count(*) FROM delegations WHERE owner = ?1 AND task = ?2 AND given = 1";

    public const string InsertDelegation = """
        INSERT INTO delegations (id, owner, task, delegate, about, terms, create_time, expire_time, max_uses, used, last_use, version,
            given, forget_time)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, '', 1, 1, ?10)
        """;

    public const string PageOfGiven = $"""
        SELECT {DelegationColumns} FROM delegations WHERE owner = ?1 AND (create_time, id) < (?2, ?3)
        ORDER BY create_time DESC, id DESC LIMIT ?4
        """;

    public const string PageOfReceived = $"""
        SELECT {DelegationColumns} FROM delegations WHERE delegate = ?1 AND (create_time, id) < (?2, ?3)
        ORDER BY create_time DESC, id DESC LIMIT ?4
        """;

    public const string DelegatedTasks =
        "SELECT owner, id FROM tasks WHERE delegation = ?1 AND delegation <> '' AND over_time IS NOT NULL";

    public const string GivenOfTask = "SELECT id FROM delegations WHERE owner = ?1 AND task = ?2 AND given = 1";

    public const string UseDelegation = """
        UPDATE delegations SET used = used + 1, last_use = ?2
        WHERE id = ?1 AND last_use <> ?2 AND (max_uses = 0 OR used < max_uses) AND end_time IS NULL AND expire_time > ?3
        """;

    public const string LastUse = "SELECT last_use FROM delegations WHERE id = ?1 AND end_time IS NULL AND expire_time > ?2";

    public const string NarrowDelegation = """
        UPDATE delegations SET terms = ?3, expire_time = ?4, max_uses = ?5, version = version + 1
        WHERE id = ?1 AND version = ?2 AND end_time IS NULL AND expire_time > ?6
        """;

    public const string BeginDelegationChange =
        "INSERT INTO delegation_changes (delegation, narrowing, owner, task) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";

    public const string BeginDelegationEnds = """
        INSERT INTO delegation_changes (delegation, narrowing, owner, task)
        SELECT id, '', owner, task FROM delegations WHERE owner = ?1 AND task = ?2 AND given = 1
        ON CONFLICT DO NOTHING
        """;

    public const string EndDelegation = "UPDATE delegations SET end_time = ?2 WHERE id = ?1 AND end_time IS NULL";

    public const string FinishDelegationChange = "DELETE FROM delegation_changes WHERE delegation = ?1 AND narrowing = ?2";

    public const string EndedForGood = "UPDATE delegations SET given = 0 WHERE id = ?1";

    // Any of them: one that cannot be finished must not keep the others from their turn.
    public const string DelegationChanges = "SELECT delegation, owner, task, narrowing FROM delegation_changes ORDER BY random() LIMIT ?1";

    public const string DeleteDelegations = """
        DELETE FROM delegations WHERE id IN (
            SELECT id FROM delegations
            WHERE forget_time <= ?1 AND NOT EXISTS (SELECT 1 FROM delegation_changes WHERE delegation = id) LIMIT ?2)
        """;

    // ---- counters

    public const string FindWorkload = "SELECT live, level, level_time FROM workloads WHERE owner = ?1";

    public const string ReserveWorkload = """
        INSERT INTO workloads (owner, live, level, level_time) VALUES (?1, 1, ?2, ?3)
        ON CONFLICT (owner) DO UPDATE SET live = live + 1, level = excluded.level, level_time = excluded.level_time
        """;

    // Made anew when a revoked lease is opened again of a workload that was forgotten as idle.
    public const string CountWorkload = """
        INSERT INTO workloads (owner, live, level, level_time) VALUES (?1, ?2, NULL, 0)
        ON CONFLICT (owner) DO UPDATE SET live = live + excluded.live
        """;

    public const string CountTarget = """
        INSERT INTO targets (target, live, stuck) VALUES (?1, ?2, ?3)
        ON CONFLICT (target) DO UPDATE SET live = live + excluded.live, stuck = stuck + excluded.stuck
        """;

    public const string DropTarget = "DELETE FROM targets WHERE target = ?1 AND live = 0";

    // Those whose revocation failed, as the index leases_failed has them; but a try before it could prove anything is no failure.
    private const string Failed = "state = 3 AND attempts > claimed AND gone_time IS NULL AND settle_time <= ?1";

    public const string Backlog = $"""
        SELECT target, live,
            (SELECT count(*) FROM leases WHERE leases.target = targets.target AND due <= ?1),
            (SELECT min(due) FROM leases WHERE leases.target = targets.target AND due <= ?1),
            stuck,
            (SELECT count(*) FROM leases WHERE leases.target = targets.target AND {Failed} AND claimed = 0 AND due > ?1),
            (SELECT min(end_time) FROM leases WHERE leases.target = targets.target AND {Failed})
        FROM targets
        """;

    public const string PullForward = $"""
        UPDATE leases SET due = ?1 WHERE seq IN (
            SELECT seq FROM leases WHERE target = ?2 AND {Failed} AND claimed = 0 AND due > ?1 ORDER BY due LIMIT ?3)
        """;

    // ---- forgetting

    public const string ForgettableLeases = $"""
        SELECT {LeaseColumns} FROM leases WHERE forget_time <= ?1 ORDER BY forget_time LIMIT ?2
        """;

    public const string DeleteLease = "DELETE FROM leases WHERE id = ?1";

    public const string ReleaseTask = "UPDATE tasks SET kept = kept - 1 WHERE owner = ?1 AND id = ?2";

    public const string DeleteTasks = """
        DELETE FROM tasks WHERE rowid IN (SELECT rowid FROM tasks WHERE kept = 0 AND forget_time <= ?1 ORDER BY forget_time LIMIT ?2)
        """;

    // A bucket that has rested for a minute is full, as is that of a workload that is not known.
    public const string DeleteIdleWorkloads = """
        DELETE FROM workloads WHERE owner IN (SELECT owner FROM workloads WHERE live = 0 AND level_time <= ?1 LIMIT ?2)
        """;

    // ---- kill switch

    private const string KillOrderRows = """
        SELECT id, scope, value, reason, actor, create_time, propose_actor, propose_time, lifetime
        FROM kill_orders LEFT JOIN kill_lifts USING (id)
        """;

    // As many selectors as the resource's path is deep; a list, so that the statement stays one.
    public const string CoveringKillOrder =
        "SELECT id FROM kill_orders WHERE selector IN (SELECT value FROM json_each(?1)) "
        + "AND (lifetime IS NULL OR create_time + lifetime > ?2) ORDER BY seq LIMIT 1";

    public const string AnyKillOrder = "SELECT 1 FROM kill_orders LIMIT 1";

    public const string FindKillOrder = $"{KillOrderRows} WHERE id = ?1";

    public const string InsertKillOrder = """
        INSERT INTO kill_orders (id, scope, value, reason, actor, create_time, selector, lifetime) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """;

    public const string KillOrders = $"{KillOrderRows} WHERE lifetime IS NULL OR create_time + lifetime > ?1 ORDER BY seq";

    public const string ExpiredKillOrders = $"{KillOrderRows} WHERE create_time + lifetime <= ?1 ORDER BY seq";

    public const string DeleteKillOrder = "DELETE FROM kill_orders WHERE id = ?1";

    public const string ProposeKillLift = """
        INSERT INTO kill_lifts (id, propose_actor, propose_time) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING
        """;

    public const string DeleteKillLift = "DELETE FROM kill_lifts WHERE id = ?1";

    // ---- asking policy again

    public const string RenewBasis = "UPDATE leases SET basis = ?2 WHERE id = ?1";

    public const string RecheckConfirmation = "SELECT policy_hash, actor, confirm_time FROM recheck_confirmation";

    public const string ConfirmRecheck = """
        INSERT INTO recheck_confirmation (one, policy_hash, actor, confirm_time) VALUES (1, ?1, ?2, ?3)
        ON CONFLICT (one) DO UPDATE
        SET policy_hash = excluded.policy_hash, actor = excluded.actor, confirm_time = excluded.confirm_time
        """;

    // ---- signals

    public const string FindSignals = "SELECT time, issues, denials, violations, failures, resources FROM signals WHERE owner = ?1";

    public const string WriteSignals = """
        INSERT INTO signals (owner, time, issues, denials, violations, failures, resources) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (owner) DO UPDATE
        SET (time, issues, denials, violations, failures, resources)
            = (excluded.time, excluded.issues, excluded.denials, excluded.violations, excluded.failures, excluded.resources)
        """;

    public const string ForgetSignals = "DELETE FROM signals WHERE owner = ?1";

    public const string ForgetOldSignals =
        "DELETE FROM signals WHERE owner IN (SELECT owner FROM signals WHERE time <= ?1 ORDER BY time LIMIT ?2)";

    // ---- how far the store follows the audit logs

    public const string LogPositions = "SELECT broker, sequence FROM log_positions";

    public const string WriteLogPosition = """
        INSERT INTO log_positions (broker, sequence) VALUES (?1, ?2)
        ON CONFLICT (broker) DO UPDATE SET sequence = excluded.sequence
        """;

    // ---- deny lists

    public const string ForgetDenied = """
        DELETE FROM denied WHERE (target, lease) IN (SELECT target, lease FROM denied WHERE target = ?1 AND until <= ?2 LIMIT 100)
        """;

    public const string Deny = "INSERT INTO denied (target, lease, revoke_time, until) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";

    public const string RaiseDenyList = """
        INSERT INTO deny_lists (target, version) VALUES (?1, ?2) ON CONFLICT (target) DO UPDATE SET version = max(version + 1, excluded.version)
        """;

    public const string FindDenied = "SELECT lease, revoke_time, until FROM denied WHERE target = ?1 AND lease = ?2 AND until > ?3";

    public const string Denied = "SELECT lease, revoke_time, until FROM denied WHERE target = ?1 AND until > ?2";

    public const string DenyListVersion = "SELECT version FROM deny_lists WHERE target = ?1";

    // ---- what may be used once

    public const string ForgetUsed = "DELETE FROM used WHERE key IN (SELECT key FROM used WHERE until <= ?1 LIMIT 100)";

    public const string Use = """
        INSERT INTO used (key, until) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET until = excluded.until WHERE until <= ?3
        """;

    // ---- the file

    public const string Shards = "SELECT value FROM meta WHERE key = 'shards'";

    public const string InsertShards = "INSERT INTO meta (key, value) VALUES ('shards', ?1)";
}
