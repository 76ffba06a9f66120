using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Simulation;

/// <summary>One seed's history: a time of work and misfortune, an outage without other faults, and the time after it.</summary>
internal sealed class Simulation
{
    private const int Slots = 2;
    private const int Acts = 36;

    // What is due that long before is to be done: the longest delay before another try, an abandoned claim, and some work.
    private static readonly TimeSpan _doneWithin = BrokerProcess.MaxDelay + BrokerProcess.Claim + TimeSpan.FromSeconds(13);
    // A tick, and a pass.
    private static readonly TimeSpan _recheckedWithin = BrokerProcess.SweepInterval + TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _outage = _doneWithin + TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _endTime = TimeSpan.FromMinutes(4);

    private readonly World _world;
    private readonly Agents _agents;
    private readonly Operators _operators;
    private readonly BrokerProcess?[] _processes = new BrokerProcess?[Slots];
    private readonly bool _twoBrokers;
    private int _lives;

    private Simulation(World world)
    {
        _world = world;
        _twoBrokers = world.Chance.In(0.6);
        _agents = new Agents(world, AnyProcess);
        _operators = new Operators(world, _agents, AnyProcess);
    }

    /// <exception cref="PromiseBrokenException">A promise was broken.</exception>
    public static void Run(int seed, Tally tally, SimulationLog? log = null, Sabotage sabotage = Sabotage.None)
    {
        var outside = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        var world = new World(seed, tally, log, sabotage);
        try
        {
            new Simulation(world).Run();
            tally.Stepped(world.Scheduler.Sequence);
        }
        finally
        {
            World.ResultOf(Closed(world));
            SynchronizationContext.SetSynchronizationContext(outside);
        }
    }

    private static async ValueTask<bool> Closed(World world)
    {
        await world.DisposeAsync();
        return true;
    }

    private void Run()
    {
        WorkAndMisfortune();
        Outage();
        Recovery();
        PolicyChange();
    }

    private void WorkAndMisfortune()
    {
        var hasOperators = _world.Chance.In(0.8);
        Start(0);
        if (_twoBrokers)
        {
            Start(1);
        }

        var at = TimeSpan.Zero;
        for (var act = 0; act < Acts; act++)
        {
            at += _world.Chance.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5));
            _world.Scheduler.After(at, hasOperators && _world.Chance.In(0.2) ? _operators.Act : _agents.Act);
        }

        if (_world.Chance.In(0.1))
        {
            _world.Scheduler.After(at - TimeSpan.FromSeconds(2), _agents.Crowd);
        }

        _world.Scheduler.RunUntil(_world.Scheduler.Now + at);
    }

    /// <summary>From now on nothing fails but, perhaps, one target and the audit log; these fail completely.</summary>
    private void Outage()
    {
        _world.Faults.Active = false;
        var dead = _world.Chance.In(0.5) ? _world.Chance.Pick([.. _world.Targets.Values]) : null;
        var audit = _world.Chance.In(0.3);
        var since = _world.Scheduler.Now;
        foreach (var target in _world.Targets.Values)
        {
            target.Stay(target == dead ? (_world.Chance.In(0.5) ? TargetHealth.Hanging : TargetHealth.Refusing) : TargetHealth.Up);
        }

        _world.Audit.Stay(audit);
        foreach (var process in _processes)
        {
            process?.Thaw();
        }

        _world.Log?.Write($"---- no more faults; dead target: {dead?.Name ?? "none"}, dead audit log: {audit}");
        _world.Scheduler.RunUntil(since + _outage);
        foreach (var lease in _world.Promises.Leases.Select(id => _world.Promises.Look(id)!))
        {
            var due = DueTime(lease);
            if (lease.Target == dead?.Name || due + _doneWithin > _world.Scheduler.Now)
            {
                continue;
            }

            if (_world.Targets[lease.Target].Has(lease.Id))
            {
                Broken($"promise 9: {lease.Id} was due at {due:mm:ss.fff} and is still at {lease.Target}, which works");
            }

            if (!audit && lease.State != LeaseState.Revoked)
            {
                Broken($"promise 9: {lease.Id} was due at {due:mm:ss.fff} and is {lease.State} at {lease.Target}, which works");
            }
        }
    }

    private static DateTimeOffset DueTime(Lease lease)
    {
        var end = lease.EndTime ?? (lease.State == LeaseState.Pending ? lease.IssueDeadline : lease.ExpireTime);
        return end > lease.SettleTime ? end : lease.SettleTime;
    }

    private void Recovery()
    {
        _world.Audit.Stay(dead: false);
        foreach (var target in _world.Targets.Values)
        {
            target.Stay(TargetHealth.Up);
        }

        _world.Log?.Write("---- everything works");
        _world.Scheduler.RunUntil(_world.Scheduler.Now + _endTime, IsOver);
        _world.Promises.CheckAll();
        foreach (var target in _world.Targets.Values.Where(target => target.Count > 0))
        {
            Broken($"promise 2: {string.Join(", ", target.Credentials)} is left at {target.Name}");
        }

        foreach (var id in _world.Promises.Leases)
        {
            var lease = _world.Promises.Look(id)!;
            if (lease.State != LeaseState.Revoked)
            {
                Broken($"promise 9: {id} is {lease.State} ({lease.Cause}) after {lease.Attempts} attempts");
            }
        }

        foreach (var process in _processes)
        {
            if (process is { Alive: true, Unanswered: > 0 })
            {
                Broken($"{process.Unanswered} calls to {process.Name} were never answered");
            }
        }

        _world.Promises.Check();
    }

    /// <summary>What new policies do not allow any more ends at once, and nothing else does.</summary>
    private void PolicyChange()
    {
        var process = AnyProcess()!;
        _world.Log?.Write("---- policies change");
        _operators.LiftAll(process);
        _world.ChangePolicies();
        _world.Scheduler.RunUntil(_world.Scheduler.Now + _recheckedWithin);
        _agents.IssueOneOfEach(process);
        _world.Scheduler.RunUntil(_world.Scheduler.Now + _recheckedWithin);
        var live = _world.Promises.Leases.Where(id => _world.Promises.Look(id)!.State == LeaseState.Active).ToList();
        var forbidden = _world.Chance.Pick(SimulatedCatalog.Grants).Name;
        _world.ChangePolicies(forbidden);
        _world.Scheduler.RunUntil(_world.Scheduler.Now + _recheckedWithin);
        foreach (var lease in live.Select(id => _world.Promises.Look(id)!))
        {
            if (lease.Grant == forbidden && lease.Cause != EndCause.Policy)
            {
                Broken($"policy: {lease.Id} is {lease.State} ({lease.Cause}), although policies forbid it since {_recheckedWithin}");
            }

            if (lease.Grant != forbidden && lease.State != LeaseState.Active)
            {
                Broken($"policy: {lease.Id} is {lease.State} ({lease.Cause}), although nothing forbids it");
            }

            if (lease.Cause == EndCause.Policy)
            {
                _world.Tally.Saw(Sight.EndedByPolicy);
            }
        }

        _world.Promises.Check();
    }

    private bool IsOver() =>
        _processes.All(process => process is null or { Unanswered: 0 })
        && World.ResultOf(_world.Store.ReadBacklogAsync(0, default)).Count == 0;

    private void Broken(string how) => _world.Promises.Broken(how);

    private BrokerProcess? AnyProcess()
    {
        var alive = _processes.OfType<BrokerProcess>().Where(process => process.Alive).ToList();
        if (alive.Count > 1)
        {
            _world.Tally.Saw(Sight.TwoProcessesAlive);
        }

        return alive.Count == 0 ? null : _world.Chance.Pick(alive);
    }

    private void Start(int slot)
    {
        var process = new BrokerProcess(_world, $"B{slot}.{++_lives}");
        _processes[slot] = process;
        _world.Log?.Write($"{process.Name} starts");
        if (_world.Sabotage != Sabotage.NoSweep)
        {
            _world.Scheduler.Post(process, () => _ = SweepAsync(process));
        }

        if (_world.Sabotage != Sabotage.NoRecheck)
        {
            _world.Scheduler.Post(process, () => _ = RecheckAsync(process));
        }

        Watch(slot, process);
    }

    // Whoever restarts dead processes takes a while to notice.
    private void Watch(int slot, BrokerProcess process) => _world.Scheduler.After(_world.Chance.Seconds(0, 4), () =>
    {
        if (process.Alive)
        {
            Watch(slot, process);
        }
        else
        {
            _world.Tally.Saw(Sight.ProcessRestarted);
            Start(slot);
        }
    });

    private async Task SweepAsync(BrokerProcess process)
    {
        while (true)
        {
            try
            {
                await process.Sweeper.SweepAsync(default);
            }
            catch (Exception e)
            {
                Broken($"a sweep failed as a whole: {e}");
            }

            await Task.Delay(BrokerProcess.SweepInterval, process.Clock);
        }
    }

    private async Task RecheckAsync(BrokerProcess process)
    {
        while (true)
        {
            try
            {
                await process.RecheckAsync();
            }
            catch (Exception e)
            {
                Broken($"asking again failed as a whole: {e}");
            }

            await Task.Delay(BrokerProcess.SweepInterval, process.Clock);
        }
    }
}
