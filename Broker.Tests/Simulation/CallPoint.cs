namespace SecretsBroker.Tests.Simulation;

/// <summary>Every place where the broker's process is left.</summary>
internal enum CallPoint
{
    StoreGetTime,
    StoreStartTask,
    StoreFindTask,
    StoreKeepAlive,
    StoreEndTask,
    StoreEndLostTasks,
    StoreReserve,
    StoreActivate,
    StoreAbandon,
    StoreRenew,
    StoreEnd,
    StoreFindLease,
    StoreListLeases,
    StoreReadBacklog,
    StoreClaimDue,
    StoreClaim,
    StoreMarkGone,
    StoreFinish,
    StorePutBack,
    StorePullForward,
    StoreAddKillOrder,
    StoreLiftKillOrder,
    StoreEndMatching,
    StoreListLive,
    EngineIssue,
    EngineRenew,
    EngineRevoke,
    EngineVerify,
    AuditDecided,
    AuditIssued,
    AuditRenewed,
    AuditRevoked,
    AuditOther,
    AuditContains,
    Policy,
}

/// <summary>What can become of one call.</summary>
internal enum Fault
{
    None,

    /// <summary>It fails, and nothing has happened.</summary>
    Error,

    /// <summary>It takes long to arrive, or its answer does.</summary>
    Delay,

    /// <summary>It happens, and fails nevertheless as far as the caller can see.</summary>
    LostAnswer,

    /// <summary>The process dies; the call never leaves.</summary>
    CrashBefore,

    /// <summary>The process dies; the call has left, and takes effect later.</summary>
    CrashInFlight,

    /// <summary>The call takes effect; the process dies before it hears of it.</summary>
    CrashAfter,
}
