using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Issuance;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Simulation;

/// <summary>What agents do: they start tasks, ask for secrets, renew, return and report them, complete, vanish, and lose patience.</summary>
internal sealed class Agents(World world, Func<BrokerProcess?> anyProcess)
{
    private static readonly string[] _requestIds = ["", "", "r1", "r2"];
    private static readonly string[] _initiators = ["", "alice", "bob"];
    private static readonly string[] _tools = ["curl", "psql"];

    private const int CrowdSize = 40;

    private readonly Chance _chance = world.Chance;
    private readonly List<(Workload Workload, TaskId Task)> _tasks = [];
    private readonly List<(Workload Workload, Lease Lease)> _leases = [];
    private int _names;

    public IReadOnlyList<(Workload Workload, TaskId Task)> Tasks => _tasks;

    /// <summary>One thing, done by somebody.</summary>
    public void Act()
    {
        if (anyProcess() is not { } process)
        {
            return;
        }

        switch (_chance.Below(20))
        {
            case < 3:
                StartTask(process);
                break;
            case < 5:
                Issue(process, newTask: true);
                break;
            case < 11:
                Burst(process);
                break;
            case < 14:
                Renew(process);
                break;
            case < 15:
                Return(process);
                break;
            case < 16:
                ReportUse(process);
                break;
            case < 18:
                Complete(process);
                break;
            default:
                Hold(process);
                break;
        }
    }

    public void StartTask(BrokerProcess process)
    {
        var workload = _chance.Pick(SimulatedCatalog.Workloads);
        var task = NewTask();
        _tasks.Add((workload, task.Id!.Value));
        process.Call($"starts {task.Id}", () => process.Tasks.StartAsync(workload, task, "", default));
    }

    /// <summary>Many secrets of one target that will all end together.</summary>
    /// <summary>A lease by each grant, as long as it may be.</summary>
    public void IssueOneOfEach(BrokerProcess process)
    {
        var workload = _chance.Pick(SimulatedCatalog.Workloads);
        foreach (var grant in SimulatedCatalog.Grants)
        {
            process.Call($"issues {grant.Name}", () => IssueAsync(
                process,
                workload,
                new IssueCommand
                {
                    NewTask = NewTask() with { Lifetime = TimeSpan.FromMinutes(1) },
                    Intent = new Intent(grant.Action, grant.Resource, "", "one of each", grant.MaxTimeToLive),
                },
                patience: null));
        }
    }

    public void Crowd()
    {
        if (anyProcess() is not { } process)
        {
            return;
        }

        var workload = _chance.Pick(SimulatedCatalog.Workloads);
        var task = NewTask() with { Lifetime = TimeSpan.FromMinutes(1) };
        var grant = _chance.Pick(SimulatedCatalog.Grants);
        process.Call($"crowds {grant.Name}", async () =>
        {
            await process.Tasks.StartAsync(workload, task, "", default);
            for (var i = 0; i < CrowdSize; i++)
            {
                await IssueAsync(
                    process,
                    workload,
                    new IssueCommand { Task = task.Id, Intent = new Intent(grant.Action, grant.Resource, "", "crowd", TimeSpan.FromSeconds(12)) },
                    patience: null);
            }
        });
    }

    private void Burst(BrokerProcess process)
    {
        for (var calls = _chance.In(0.3) ? 3 : 1; calls > 0; calls--)
        {
            Issue(_chance.In(0.5) ? process : anyProcess() ?? process, newTask: false);
        }
    }

    private void Issue(BrokerProcess process, bool newTask)
    {
        if (_tasks.Count == 0)
        {
            newTask = true;
        }

        var opened = newTask ? NewTask() : null;
        var (workload, task) = newTask
            ? (_chance.Pick(SimulatedCatalog.Workloads), opened!.Id!.Value)
            : _chance.In(0.6) ? _tasks[^1] : _chance.Pick(_tasks);
        if (newTask)
        {
            _tasks.Add((workload, task));
        }

        var grant = _chance.Pick(SimulatedCatalog.Grants);
        var command = new IssueCommand
        {
            Task = newTask ? null : task,
            NewTask = opened,
            Intent = new Intent(
                grant.Action,
                grant.Resource,
                _chance.Pick(_tools),
                _chance.In(0.03) ? SimulatedEngine.Unusable : "monthly report",
                _chance.In(0.5) ? null : _chance.Seconds(1, 20)),
            RequestId = _chance.Pick(_requestIds),
        };
        TimeSpan? patience = _chance.In(0.2) ? _chance.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5)) : null;
        process.Call(
            $"issues {grant.Name} for {task} {command.RequestId}",
            () => IssueAsync(process, workload, command, patience));
    }

    private async Task IssueAsync(BrokerProcess process, Workload workload, IssueCommand command, TimeSpan? patience)
    {
        using var limit = patience is { } span ? new CancellationTokenSource(span, process.Clock) : new CancellationTokenSource();
        if (await process.Issuer.IssueAsync(workload, command, limit.Token) is IssueResult.Issued issued)
        {
            world.Log?.Write($"{process.Name} hands out {issued.Lease.Id}");
            world.Promises.HandedOut(issued);
            _leases.Add((workload, issued.Lease));
            issued.Credential.Dispose();
        }
    }

    private void Renew(BrokerProcess process)
    {
        if (_leases.Count == 0)
        {
            return;
        }

        var (workload, lease) = _chance.In(0.7) ? _leases[^1] : _chance.Pick(_leases);
        TimeSpan? timeToLive = _chance.In(0.5) ? null : _chance.Seconds(1, 20);
        process.Call($"renews {lease.Id}", async () =>
        {
            if (await process.Renewer.RenewAsync(workload, lease.Id, new Renewal(timeToLive, Approval: null), "", default) is RenewOutcome.Renewed renewed)
            {
                world.Tally.Saw(Sight.Renewed);
                world.Promises.ToldRenewed(renewed.Lease);
            }
        });
    }

    private void Return(BrokerProcess process)
    {
        if (_leases.Count > 0)
        {
            var (_, lease) = _chance.Pick(_leases);
            process.Call($"returns {lease.Id}", async () =>
            {
                await process.Store.EndAsync(lease.Id, EndCause.Returned, default);
                Told(await process.Revoker.RevokeNowAsync(lease.Id));
            });
        }
    }

    private void ReportUse(BrokerProcess process)
    {
        if (_leases.Count > 0)
        {
            var (workload, lease) = _chance.Pick(_leases);
            var use = new Use(lease.Tool, "", _chance.In(0.5) ? lease.Resource : "elsewhere", UseOutcome.Succeeded);
            process.Call($"reports a use of {lease.Id}", () => process.Uses.ReportAsync(workload, lease.Id, use, default));
        }
    }

    private void Complete(BrokerProcess process)
    {
        if (_tasks.Count == 0)
        {
            return;
        }

        var (workload, task) = _chance.Pick(_tasks);
        var outcome = _chance.In(0.6) ? TaskOutcome.Succeeded : _chance.In(0.5) ? TaskOutcome.Failed : TaskOutcome.Aborted;
        var patience = _chance.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));
        process.Call($"ends {task} as {outcome}", async () =>
        {
            using var limit = new CancellationTokenSource(patience, process.Clock);
            var ended = await process.Ender.EndAsync(new TaskKey(workload.Id, task), outcome, limit.Token);
            foreach (var lease in ended.Leases)
            {
                Told(lease);
            }
        });
    }

    private void Hold(BrokerProcess process)
    {
        if (_tasks.Count == 0)
        {
            return;
        }

        var (workload, task) = _chance.Pick(_tasks);
        var grace = _chance.Seconds(3, 8);
        var beats = _chance.Below(20);
        process.Call($"holds {task}", async () =>
        {
            var keeper = process.NewKeeper();
            using var hold = await keeper.HoldAsync(new TaskKey(workload.Id, task), grace, default);
            for (var beat = 0; beat < beats && hold is not null; beat++)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), process.Clock);
                await keeper.BeatAsync(default);
            }
        });
    }

    private void Told(Lease? lease)
    {
        if (lease is { State: LeaseState.Revoked })
        {
            world.Promises.ToldRevoked(lease);
        }
    }

    private NewTask NewTask() => new(
        new TaskId($"t{++_names}"), "reports", _chance.Pick(_initiators), new Dictionary<string, string>(), _chance.Seconds(5, 60));
}
