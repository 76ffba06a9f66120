using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using SecretsBroker.Approvals;
using SecretsBroker.Approvals.Notices;
using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Issuance;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Policy.Schema;
using SecretsBroker.Revocation;
using SecretsBroker.Revocation.Recheck;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Simulation;

/// <summary>One life of one broker: the real object graph over the simulated world. When it crashes nothing of it ever runs again.</summary>
internal sealed class BrokerProcess
{
    public static readonly TimeSpan SettleMargin = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan Claim = TimeSpan.FromSeconds(12);
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(2);

    // Shared by all simulations: what is measured plays no part here.
    private static readonly BrokerMetrics _metrics = new(new Meters(), TimeProvider.System);
    private static readonly BrokerTracing _tracing = new();

    private readonly World _world;
    private readonly ProcessContext _context;
    private readonly List<Action> _held = [];
    private readonly CurrentPolicies _policies = new();
    private readonly PolicyRecheck _recheck;
    private bool _frozen;

    public BrokerProcess(World world, string name)
    {
        _world = world;
        Name = name;
        _context = new ProcessContext(world.Scheduler, this);
        Clock = new ProcessClock(world.Scheduler, this, TimeSpan.FromSeconds(world.Chance.Below(7200) - 3600));
        var wire = new Wire(world, this);
        Store = new SimulatedStore(world, this, wire);
        var audit = new SimulatedAudit(world, this, wire);
        var engines = new TargetEngines([new SimulatedEngineType(world, this, wire)], _metrics, _tracing, Clock);
        engines.Follow(SimulatedCatalog.Snapshot);
        var catalog = new CurrentCatalog();
        catalog.Replace(SimulatedCatalog.Snapshot);
        var revocation = Options.Create(new RevocationOptions
        {
            Claim = Claim,
            MaxDelay = MaxDelay,
            SweepInterval = SweepInterval,
            OutageGrace = TimeSpan.FromSeconds(3),
            BatchSize = 3,
        });
        var issuance = Options.Create(new IssuanceOptions { DecisionTimeout = TimeSpan.FromSeconds(1), SettleMargin = SettleMargin });
        var backoff = new Backoff(revocation.Value.MinDelay, MaxDelay, world.Chance.Draw);
        var signals = new SignalBuffer();
        var behaviour = new SignalReader(new NoSignals(), signals, Options.Create(new BehaviourOptions()), Clock);
        Revoker = new Revoker(
            engines,
            Store,
            audit,
            signals,
            _metrics,
            _tracing,
            revocation,
            backoff,
            Clock,
            Logger<Revoker>());
        var delegations = new NoDelegations();
        var chains = new DelegationChains(Store, delegations);
        var recorder = new TaskEndRecorder(audit, _metrics, Logger<TaskEndRecorder>());
        var delegationEnder = new DelegationEnder(Store, delegations, Revoker, recorder, audit, _metrics, Logger<DelegationEnder>());
        var narrower = new DelegationNarrower(Store, delegations, Revoker, audit, _metrics, Logger<DelegationNarrower>());
        Tasks = new TaskStarter(Store, chains, audit, Options.Create(new TaskOptions()));
        Ender = new TaskEnder(Store, Revoker, delegationEnder, recorder, Logger<TaskEnder>());
        var debts = new TargetDebts(Clock);
        var returns = new TargetReturns(Store, _metrics, revocation, Clock, Logger<TargetReturns>());
        var drains = new TargetDrains(Store, engines, Revoker, _metrics, revocation, Clock, Logger<TargetDrains>());
        Sweeper = new Sweeper(
            Store, engines, delegations, Ender, delegationEnder, narrower, drains, debts, returns, _metrics, revocation, Clock,
            Logger<Sweeper>());
        var policy = new SimulatedPolicy(world, wire);
        var decisions = new DecisionMaker(policy, audit, _metrics, _tracing, issuance, Clock, Logger<DecisionMaker>());
        var notices = new NoticeQueue(Options.Create(new WebhookOptions()), _metrics, Logger<NoticeQueue>());
        var approvals = new ApprovalGate(
            world.Store,
            catalog,
            new GlassBreaking(
                world.Store,
                new OperatorGate(_policies, audit, _metrics, Clock, Logger<OperatorGate>()),
                audit,
                notices,
                _metrics,
                Logger<GlassBreaking>()),
            audit,
            notices,
            _metrics,
            Options.Create(new ApprovalOptions()),
            Logger<ApprovalGate>());
        var maker = new LeaseMaker(
            engines, Store, chains, approvals, Revoker, debts, audit, _metrics, _tracing, issuance, Clock, Logger<LeaseMaker>());
        var tokens = new TokenUse(new InMemoryReplayStore(Clock), audit, _metrics, Logger<TokenUse>());
        var delegators = new Delegators(decisions, behaviour);
        Issuer = new Issuer(catalog, Store, chains, decisions, delegators, approvals, tokens, Tasks, maker, behaviour, signals, _metrics, _tracing, Clock);
        Renewer = new LeaseRenewer(catalog, engines, Store, chains, decisions, delegators, approvals, tokens, behaviour, signals, audit);
        Uses = new UseReporter(catalog, Store, Revoker, signals, audit);
        var recheck = Options.Create(new RecheckOptions { MaxRevokePercent = 100, DecisionTimeout = TimeSpan.FromSeconds(1) });
        var asker = new LeaseAsker(policy, catalog, Store, chains, behaviour, recheck, Clock, Logger<LeaseAsker>());
        var walk = new RecheckWalk(Store, asker, _policies, _metrics, recheck, Clock, Logger<RecheckWalk>());
        var denied = new DeniedLeases(Store, Revoker, _policies, audit, _metrics, Logger<DeniedLeases>());
        _recheck = new PolicyRecheck(_policies, walk, denied, Store, audit, _metrics, recheck, backoff, Clock, Logger<PolicyRecheck>());
    }

    public string Name { get; }

    public bool Alive { get; private set; } = true;

    /// <summary>Calls from outside that were not answered yet.</summary>
    public int Unanswered { get; private set; }

    public ProcessClock Clock { get; }

    public ILeaseStore Store { get; }

    public Revoker Revoker { get; }

    public TaskStarter Tasks { get; }

    public TaskEnder Ender { get; }

    public Sweeper Sweeper { get; }

    public Issuer Issuer { get; }

    public LeaseRenewer Renewer { get; }

    public UseReporter Uses { get; }

    /// <summary>A keeper of its own for each lifeline: several in one keeper would beat in an order that no seed decides.</summary>
    public LifelineKeeper NewKeeper() =>
        new(Store, Options.Create(new TaskOptions()), _metrics, Logger<LifelineKeeper>());

    /// <summary>Sees whether the policies have changed, and asks about live leases again if they have.</summary>
    public Task RecheckAsync()
    {
        if (_policies.Snapshot.Hash != _world.PolicyHash)
        {
            _policies.Replace(new PolicySnapshot(PolicySet.Empty, PolicySchema.BuiltIn, new Dictionary<string, Obligations>(), _world.PolicyHash));
        }

        return _recheck.RunAsync(default);
    }

    public void Crash()
    {
        if (Alive)
        {
            Alive = false;
            _held.Clear();
            _world.Log?.Write($"{Name} dies");
        }
    }

    /// <summary>Stands still, as a process does that gets no processor; what it has sent goes on.</summary>
    public void Freeze(TimeSpan span)
    {
        if (!Alive || _frozen)
        {
            return;
        }

        _frozen = true;
        _world.Tally.Saw(Sight.ProcessFrozen);
        _world.Log?.Write($"{Name} stands still for {span}");
        _world.Scheduler.After(span, Thaw);
    }

    /// <summary>Goes on.</summary>
    public void Thaw()
    {
        _frozen = false;
        foreach (var work in _held)
        {
            _world.Scheduler.Post(this, work);
        }

        _held.Clear();
    }

    /// <summary>Runs work of this process, unless the process is dead.</summary>
    public void Run(Action work)
    {
        if (!Alive)
        {
            return;
        }

        if (_frozen)
        {
            _held.Add(work);
            return;
        }

        SynchronizationContext.SetSynchronizationContext(_context);
        try
        {
            work();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }
    }

    /// <summary>A call from outside. Its failures are expected; others than the broker's own are not.</summary>
    public void Call(string what, Func<Task> call) => _world.Scheduler.Post(this, () => _ = CallAsync(what, call));

    private async Task CallAsync(string what, Func<Task> call)
    {
        _world.Log?.Write($"{Name} {what}");
        Unanswered++;
        try
        {
            await call();
        }
        catch (Exception e) when (e is BrokerException or OperationCanceledException)
        {
            _world.Log?.Write($"{Name} {what}: {e.Message}");
        }
        catch (Exception e)
        {
            _world.Promises.Broken($"{what} failed with something else than a broker's exception: {e}");
        }

        Unanswered--;
    }

    private SimulatedLogger<T> Logger<T>() => new(_world, this);

    private sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
