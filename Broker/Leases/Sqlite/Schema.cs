namespace SecretsBroker.Leases.Sqlite;

/// <summary>The tables. Instants are Unix milliseconds, states and causes the numbers of their enums.</summary>
internal static class Schema
{
    /// <summary>In the file's header: "SBLS". Tells this store's files from those of other programs.</summary>
    public const int ApplicationId = 0x53424c53;

    /// <summary>Of the file that <see cref="Create"/> makes; each of <see cref="Upgrades"/> makes the next.</summary>
    public const int FirstVersion = 1;

    public static int Version => FirstVersion + Upgrades.Count;

    /// <summary>
    /// What each version adds to the one before. New files go the same way, so that there is one only. Never changed once released.
    /// </summary>
    /// <remarks>
    /// <para><c>leases.basis</c>: null in rows of the version before, and where it was too large.</para>
    /// <para><c>kill_orders.lifetime</c>: milliseconds; null for an order that stands until it is lifted.</para>
    /// <para><c>leases.chain</c>: null for a lease of its owner's own task.</para>
    /// <para><c>delegations.given</c>: not yet ended with all that is beneath it.</para>
    /// </remarks>
    public static IReadOnlyList<string> Upgrades { get; } =
    [
        """
        CREATE TABLE kill_lifts (id TEXT PRIMARY KEY, propose_actor TEXT NOT NULL, propose_time INTEGER NOT NULL) WITHOUT ROWID;
        """,
        """
        ALTER TABLE leases ADD COLUMN basis TEXT;
        CREATE TABLE recheck_confirmation (
            one INTEGER PRIMARY KEY CHECK (one = 1), policy_hash TEXT NOT NULL, actor TEXT NOT NULL, confirm_time INTEGER NOT NULL);
        """,
        """
        ALTER TABLE leases ADD COLUMN sealed_for TEXT NOT NULL DEFAULT '';
        """,
        """
        CREATE INDEX leases_failed ON leases (target, end_time) WHERE state = 3 AND attempts > claimed AND gone_time IS NULL;
        """,
        """
        CREATE TABLE used (key TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX used_until ON used (until);
        """,
        """
        ALTER TABLE kill_orders ADD COLUMN lifetime INTEGER;
        """,
        """
        CREATE TABLE approvals (
            id TEXT PRIMARY KEY, owner TEXT NOT NULL, subject_hash TEXT NOT NULL, subject TEXT NOT NULL, decision TEXT NOT NULL,
            state INTEGER NOT NULL, votes TEXT NOT NULL, vote_count INTEGER NOT NULL, used_by TEXT,
            create_time INTEGER NOT NULL, expire_time INTEGER NOT NULL, forget_time INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX approvals_owner ON approvals (owner, subject_hash);
        CREATE INDEX approvals_pending ON approvals (expire_time, id) WHERE state = 1;
        CREATE INDEX approvals_forget ON approvals (forget_time);
        CREATE TABLE reviews (id TEXT PRIMARY KEY, review TEXT NOT NULL, create_time INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX reviews_time ON reviews (create_time, id);
        """,
        """
        CREATE TABLE signals (
            owner TEXT PRIMARY KEY, time INTEGER NOT NULL, issues REAL NOT NULL, denials REAL NOT NULL, violations REAL NOT NULL,
            failures REAL NOT NULL, resources TEXT NOT NULL) WITHOUT ROWID;
        CREATE INDEX signals_time ON signals (time);
        """,
        """
        ALTER TABLE tasks ADD COLUMN verified_initiator TEXT NOT NULL DEFAULT '';
        """,
        """
        ALTER TABLE tasks ADD COLUMN scope TEXT NOT NULL DEFAULT '';
        ALTER TABLE tasks ADD COLUMN delegation TEXT NOT NULL DEFAULT '';
        CREATE INDEX tasks_delegation ON tasks (delegation) WHERE delegation <> '' AND over_time IS NOT NULL;
        ALTER TABLE leases ADD COLUMN chain TEXT;
        CREATE INDEX leases_delegated ON leases (seq) WHERE due IS NOT NULL AND chain IS NOT NULL;
        CREATE TABLE delegations (
            id TEXT PRIMARY KEY, owner TEXT NOT NULL, task TEXT NOT NULL, delegate TEXT NOT NULL,
            about TEXT NOT NULL, terms TEXT NOT NULL, create_time INTEGER NOT NULL, expire_time INTEGER NOT NULL,
            max_uses INTEGER NOT NULL, used INTEGER NOT NULL, last_use TEXT NOT NULL, end_time INTEGER, version INTEGER NOT NULL,
            given INTEGER NOT NULL, forget_time INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX delegations_task ON delegations (owner, task) WHERE given = 1;
        CREATE INDEX delegations_owner ON delegations (owner, create_time, id);
        CREATE INDEX delegations_delegate ON delegations (delegate, create_time, id);
        CREATE INDEX delegations_forget ON delegations (forget_time);
        CREATE TABLE delegation_changes (
            delegation TEXT NOT NULL, narrowing TEXT NOT NULL, owner TEXT NOT NULL, task TEXT NOT NULL,
            PRIMARY KEY (delegation, narrowing)) WITHOUT ROWID;
        """,
        """
        CREATE TABLE log_positions (broker TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
        """,
        """
        CREATE TABLE static_secrets (
            target TEXT NOT NULL, name TEXT NOT NULL, revision TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (target, name));
        """,
    ];

    /// <remarks>
    /// <para><c>leases.due</c>: when it is next to be looked at; null once revoked, so that indexes on it hold the live ones only.</para>
    /// <para><c>leases.claimed</c>: a claim was neither given back nor finished. Its end is <c>due</c>.</para>
    /// <para><c>tasks.over_time</c>: the earlier of lifetime and lifeline; null once ended.</para>
    /// <para><c>live</c>, <c>kept</c>, <c>stuck</c>: counters, so that no operation has to count leases.</para>
    /// <para><c>workloads.level</c>: the token bucket in sixty-thousandths, as of <c>level_time</c>.</para>
    /// </remarks>
    public const string Create = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE tasks (
            owner TEXT NOT NULL, id TEXT NOT NULL, purpose TEXT NOT NULL, initiator TEXT NOT NULL, labels TEXT NOT NULL,
            create_time INTEGER NOT NULL, expire_time INTEGER NOT NULL, lifeline_deadline INTEGER, over_time INTEGER,
            outcome INTEGER, end_time INTEGER, forget_time INTEGER,
            revision INTEGER NOT NULL, live INTEGER NOT NULL, kept INTEGER NOT NULL,
            PRIMARY KEY (owner, id));
        CREATE INDEX tasks_over ON tasks (over_time) WHERE over_time IS NOT NULL;
        CREATE INDEX tasks_forget ON tasks (forget_time) WHERE kept = 0 AND forget_time IS NOT NULL;

        CREATE TABLE leases (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, task TEXT NOT NULL,
            grant_name TEXT NOT NULL, engine TEXT NOT NULL, target TEXT NOT NULL, action TEXT NOT NULL, resource TEXT NOT NULL,
            tool TEXT NOT NULL, purpose TEXT NOT NULL, initiator TEXT NOT NULL, decision TEXT NOT NULL, request TEXT NOT NULL,
            trace_parent TEXT NOT NULL, create_time INTEGER NOT NULL, issue_deadline INTEGER NOT NULL, max_expire_time INTEGER NOT NULL,
            state INTEGER NOT NULL, cause INTEGER NOT NULL, settle_time INTEGER NOT NULL, expire_time INTEGER NOT NULL,
            end_time INTEGER, gone_time INTEGER, proof TEXT NOT NULL, attempts INTEGER NOT NULL, fence INTEGER NOT NULL,
            taken_over INTEGER NOT NULL, reopened INTEGER NOT NULL, handle TEXT NOT NULL,
            due INTEGER, claimed INTEGER NOT NULL, stuck INTEGER NOT NULL, forget_time INTEGER);
        CREATE INDEX leases_due ON leases (target, due) WHERE due IS NOT NULL;
        CREATE INDEX leases_live ON leases (owner, task) WHERE due IS NOT NULL;
        CREATE INDEX leases_request ON leases (owner, task, request) WHERE due IS NOT NULL AND request <> '';
        CREATE INDEX leases_owner ON leases (owner, create_time, id);
        CREATE INDEX leases_task ON leases (owner, task, create_time, id);
        CREATE INDEX leases_forget ON leases (forget_time) WHERE forget_time IS NOT NULL;

        CREATE TABLE workloads (
            owner TEXT PRIMARY KEY, live INTEGER NOT NULL, level INTEGER, level_time INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX workloads_idle ON workloads (level_time) WHERE live = 0;

        CREATE TABLE targets (target TEXT PRIMARY KEY, live INTEGER NOT NULL, stuck INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE kill_orders (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, selector TEXT NOT NULL, scope INTEGER NOT NULL, value TEXT NOT NULL,
            reason TEXT NOT NULL, actor TEXT NOT NULL, create_time INTEGER NOT NULL);
        CREATE INDEX kill_orders_selector ON kill_orders (selector);

        CREATE TABLE deny_lists (target TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE denied (
            target TEXT NOT NULL, lease TEXT NOT NULL, revoke_time INTEGER NOT NULL, until INTEGER NOT NULL,
            PRIMARY KEY (target, lease)) WITHOUT ROWID;
        CREATE INDEX denied_until ON denied (target, until);
        """;
}
