using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Simulation;

/// <summary>What the store may answer to issuers and to the kill switch.</summary>
internal sealed partial class Promises
{
    private readonly Dictionary<string, KillOrder> _orders = [];
    private readonly HashSet<string> _carriedOut = [];

    public void Reserved(Reservation asked, ReserveResult result)
    {
        if (result.Lease is not { } lease)
        {
            return;
        }

        _histories.Add(lease.Id, new LeaseHistory { Asked = asked, Target = asked.Target, ReserveTime = world.Scheduler.Now });
        Touch(lease.Id);
        Touch(result.Replaced?.Id);
        if (result.Replaced is not null)
        {
            world.Tally.Saw(Sight.ReplacedByRequestId);
        }

        if (OrderOver(asked) is { } order)
        {
            Broken($"promise 6: {lease.Id} was reserved against kill order {order}");
        }
    }

    public void Activated(ActivateResult result)
    {
        if (result.Lease is not { } lease)
        {
            return;
        }

        Touch(lease.Id);
        var history = _histories[lease.Id];
        if (result.Status == ActivateStatus.Refused)
        {
            Voided(lease);
            if (lease.Cause == EndCause.Killed)
            {
                world.Tally.Saw(Sight.KilledWhilePending);
            }

            return;
        }

        if (OrderOver(history.Asked) is { } order)
        {
            Broken($"promise 6: {lease.Id} became active against kill order {order}");
        }

        if (history.Asked.RequestId.Length > 0 && FindTwin(lease) is { } twin)
        {
            Broken($"{lease.Id} and {twin} are both active under one request id");
        }
    }

    public void Renewed(RenewResult result)
    {
        if (result.Lease is not { } lease)
        {
            return;
        }

        Touch(lease.Id);
        if (result.Status == RenewStatus.NotActive)
        {
            world.Tally.Saw(Sight.RenewalRefusedByStore);
        }
        else if (OrderOver(_histories[lease.Id].Asked) is { } order)
        {
            Broken($"promise 6: {lease.Id} was renewed against kill order {order}");
        }
    }

    /// <summary>A caller was told how long its secret may be used from now on.</summary>
    public void ToldRenewed(Lease renewed)
    {
        var end = TargetOf(renewed.Id).EndOf(renewed.Id);
        if (end < renewed.ExpireTime)
        {
            Broken($"{renewed.Id} was said to last until {renewed.ExpireTime:mm:ss.fff}, the target ends it at {end:mm:ss.fff}");
        }
    }

    public void KillOrderAdded(KillOrder order) => _orders[order.Id] = order;

    public void KillOrderLifted(string id)
    {
        _orders.Remove(id);
        _carriedOut.Remove(id);
    }

    /// <summary>The kill switch has answered: what the order covers is ended, and stays so until it is lifted.</summary>
    public void KillCarriedOut(string id)
    {
        if (_orders.ContainsKey(id))
        {
            _carriedOut.Add(id);
            CheckAll();
        }
    }

    private LeaseId? FindTwin(Lease lease)
    {
        foreach (var (id, history) in _histories)
        {
            if (id != lease.Id && history.Asked.RequestId == lease.RequestId && history.Asked.Task == lease.Task
                && Look(id) is { State: LeaseState.Active })
            {
                return id;
            }
        }

        return null;
    }

    private string? OrderOver(Reservation asked) => _orders.Values.FirstOrDefault(order => Covers(order.Selector, asked))?.Id;

    private string? EnforcedOrderOver(LeaseHistory history) =>
        _orders.Values.FirstOrDefault(order => _carriedOut.Contains(order.Id) && Covers(order.Selector, history.Asked))?.Id;

    private static bool Covers(KillSelector selector, Reservation asked) => selector.Scope switch
    {
        KillScope.All => true,
        KillScope.Workload => asked.Task.Owner.Value == selector.Value,
        KillScope.Task => $"{asked.Task.Owner} {asked.Task.Id}" == selector.Value,
        KillScope.Initiator => asked.Initiator == selector.Value,
        KillScope.Grant => asked.Grant == selector.Value,
        KillScope.Engine => asked.Engine == selector.Value,
        KillScope.Target => asked.Target == selector.Value,
        KillScope.Resource => $"{asked.Resource}/".StartsWith($"{selector.Value}/", StringComparison.Ordinal),
        _ => throw new ArgumentOutOfRangeException(nameof(selector), selector, "unknown scope"),
    };
}
