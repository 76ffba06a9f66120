using SecretsBroker.Leases.Sqlite;

namespace SecretsBroker.Tests.Simulation;

/// <summary>Everything that outlives a broker's process: the store, the targets, the audit log, and time.</summary>
internal sealed class World : IAsyncDisposable
{
    public World(int seed, Tally tally, SimulationLog? log, Sabotage sabotage)
    {
        Seed = seed;
        Tally = tally;
        Log = log;
        Sabotage = sabotage;
        Chance = new Chance(seed);
        Promises = new Promises(this);
        Scheduler = new Scheduler(Chance, () => Promises.Check());
        Faults = new FaultPlan(seed, Chance);
        Audit = new SimulatedAuditLog(this);
        Targets = SimulatedCatalog.Targets.ToDictionary(target => target.Name, target => new SimulatedTarget(this, target));
        Store = new SqliteLeaseStore(new SqliteStoreOptions { Path = SqliteStoreOptions.InMemory }, new WorldClock(Scheduler));
        if (log is not null)
        {
            log.Now = () => Scheduler.Now;
        }
    }

    public int Seed { get; }

    public Tally Tally { get; }

    public SimulationLog? Log { get; }

    public Sabotage Sabotage { get; }

    public Chance Chance { get; }

    public Scheduler Scheduler { get; }

    public FaultPlan Faults { get; }

    public Promises Promises { get; }

    public SqliteLeaseStore Store { get; }

    public SimulatedAuditLog Audit { get; }

    public IReadOnlyDictionary<string, SimulatedTarget> Targets { get; }

    /// <summary>Whether policy allows; it changes its mind.</summary>
    public bool PolicyAllows { get; set; } = true;

    /// <summary>The grants that policy does not allow, whoever asks.</summary>
    public IReadOnlyList<string> ForbiddenGrants { get; private set; } = [];

    /// <summary>Of the policies as they stand.</summary>
    public string PolicyHash { get; private set; } = "policies 0";

    public void ChangePolicies(params string[] forbiddenGrants)
    {
        ForbiddenGrants = forbiddenGrants;
        PolicyHash = $"policies {Scheduler.Sequence}";
        Log?.Write($"policies forbid {string.Join(", ", forbiddenGrants)}");
    }

    /// <summary>The result of a step of the store in memory, which is complete when the call returns.</summary>
    public static T ResultOf<T>(ValueTask<T> step)
    {
        T? result = default;
        var reading = ReadAsync();
        return reading switch
        {
            { IsCompletedSuccessfully: true } => result!,
            { Exception.InnerException: { } failure } => throw failure,
            _ => throw new InvalidOperationException("the store in memory did not answer at once"),
        };

        async Task ReadAsync() => result = await step;
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}

/// <summary>A defect built in on purpose, to show that the checks see it.</summary>
internal enum Sabotage
{
    None,

    /// <summary>The target says that it is gone while it is there.</summary>
    LyingTarget,

    /// <summary>The audit log confirms what it has not written.</summary>
    ForgetfulAudit,

    /// <summary>Kill orders are confirmed and not kept.</summary>
    DeafStore,

    /// <summary>A claim is granted to two.</summary>
    DoubleClaim,

    /// <summary>Nobody sweeps.</summary>
    NoSweep,

    /// <summary>Nobody asks about live leases again.</summary>
    NoRecheck,
}
