using System.Collections.Concurrent;

namespace SecretsBroker.Tests.Simulation;

/// <summary>What really happened, over all seeds: proof that the simulation went where it claims to go.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<(CallPoint Point, Fault Fault), int> _faults = new();
    private readonly ConcurrentDictionary<Sight, int> _sights = new();
    private long _steps;

    public long Steps => _steps;

    public void Hit(CallPoint point, Fault fault) => _faults.AddOrUpdate((point, fault), 1, (_, count) => count + 1);

    public void Saw(Sight sight) => _sights.AddOrUpdate(sight, 1, (_, count) => count + 1);

    public void Stepped(long steps) => Interlocked.Add(ref _steps, steps);

    public int Of(CallPoint point, Fault fault) => _faults.GetValueOrDefault((point, fault));

    public int Of(Sight sight) => _sights.GetValueOrDefault(sight);
}

/// <summary>Rare situations that the promises are about.</summary>
internal enum Sight
{
    HandedOut,
    ProcessFrozen,
    ProcessRestarted,
    TwoProcessesAlive,

    /// <summary>An issue call took effect although its process was dead.</summary>
    IssuedByTheDead,

    /// <summary>An issue call took effect after its caller had given up.</summary>
    IssuedTooLate,
    KilledWhilePending,
    ReplacedByRequestId,
    TaskLost,
    Renewed,
    RenewalRefusedByStore,
    ClaimTakenOver,
    OutdatedClaimRefused,

    /// <summary>Its issuer came back after it had been revoked.</summary>
    Reopened,
    NotSettled,
    RecordFoundBeforeRepeating,
    RecordRepeated,
    DeadTarget,
    DeadAuditLog,

    /// <summary>A lease that changed policies no longer allow was ended.</summary>
    EndedByPolicy,
}
