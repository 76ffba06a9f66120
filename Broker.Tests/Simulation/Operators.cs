using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Simulation;

/// <summary>What operators and misfortune do: kill orders, policy changes, targets and processes that fail.</summary>
internal sealed class Operators(World world, Agents agents, Func<BrokerProcess?> anyProcess)
{
    private readonly Chance _chance = world.Chance;
    private readonly List<string> _standing = [];
    private int _names;

    public void Act()
    {
        if (anyProcess() is not { } process)
        {
            return;
        }

        switch (_chance.Below(10))
        {
            case < 2:
                Kill(process);
                break;
            case < 4:
                Lift(process);
                break;
            case < 6:
                Break(_chance.Pick([.. world.Targets.Values]));
                break;
            case < 7:
                process.Freeze(_chance.Between(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(25)));
                break;
            case < 8:
                process.Crash();
                break;
            case < 9 when _chance.In(0.5):
                world.ChangePolicies(_chance.Pick(SimulatedCatalog.Grants).Name);
                break;
            case < 9:
                world.PolicyAllows = !world.PolicyAllows;
                world.Scheduler.After(TimeSpan.FromSeconds(2), () => world.PolicyAllows = true);
                break;
            default:
                world.Audit.Fail(_chance.Seconds(1, 8));
                break;
        }
    }

    public void LiftAll(BrokerProcess process)
    {
        foreach (var id in _standing.ToArray())
        {
            Lift(process, id);
        }
    }

    private void Break(SimulatedTarget target)
    {
        var how = _chance.In(0.5) ? TargetHealth.Hanging : TargetHealth.Refusing;
        world.Log?.Write($"target {target.Name} is {how}");
        target.Fail(how, _chance.Seconds(1, 15));
    }

    private void Kill(BrokerProcess process)
    {
        var id = $"k{++_names}";
        var order = new KillOrder(id, Selector(), "drill", "operator", default);
        _standing.Add(id);
        process.Call($"kills {order.Selector}", async () =>
        {
            await process.Store.AddKillOrderAsync(order, default);
            string? cursor = null;
            do
            {
                var page = await process.Store.EndMatchingAsync(shard: 0, order.Selector, cursor, max: 2, default);
                foreach (var lease in page.Ended)
                {
                    process.Revoker.RevokeSoon(lease.Id);
                }

                cursor = page.NextCursor;
            }
            while (cursor is not null);

            world.Promises.KillCarriedOut(id);
        });
    }

    private void Lift(BrokerProcess process)
    {
        if (_standing.Count > 0)
        {
            Lift(process, _chance.Pick(_standing));
        }
        else
        {
            // There has to be something to lift first: both are rare enough.
            Kill(process);
        }
    }

    private void Lift(BrokerProcess process, string id) => process.Call($"lifts {id}", async () =>
    {
        await process.Store.LiftKillOrderAsync(id, default);
        _standing.Remove(id);
    });

    private KillSelector Selector()
    {
        var grant = _chance.Pick(SimulatedCatalog.Grants);
        var workload = _chance.Pick(SimulatedCatalog.Workloads);
        return _chance.Below(8) switch
        {
            0 => new KillSelector(KillScope.All, ""),
            1 => new KillSelector(KillScope.Workload, workload.Id.Value),
            2 when agents.Tasks.Count > 0 && _chance.Pick(agents.Tasks) is var task =>
                new KillSelector(KillScope.Task, $"{task.Workload.Id} {task.Task}"),
            3 => new KillSelector(KillScope.Initiator, "alice"),
            4 => new KillSelector(KillScope.Engine, grant.Engine),
            5 => new KillSelector(KillScope.Target, grant.Target),
            6 => new KillSelector(KillScope.Resource, grant.Resource),
            _ => new KillSelector(KillScope.Grant, grant.Name),
        };
    }
}
