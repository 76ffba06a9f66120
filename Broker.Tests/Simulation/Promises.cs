using SecretsBroker.Audit;
using SecretsBroker.Issuance;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Simulation;

/// <summary>
/// Watches over the promises. Every effect on the world is reported here; after every step the leases that it touched are compared
/// with the store, the targets and the audit log.
/// </summary>
internal sealed partial class Promises(World world)
{
    private readonly Dictionary<LeaseId, LeaseHistory> _histories = [];
    private readonly HashSet<LeaseId> _touched = [];
    private readonly HashSet<string> _permits = [];
    private string? _broken;

    public IEnumerable<LeaseId> Leases => _histories.Keys;

    public void Broken(string how) => _broken ??= how;

    public void Touch(LeaseId? lease)
    {
        if (lease is { } id)
        {
            _touched.Add(id);
        }
    }

    public void Touch(IReadOnlyList<Lease> leases)
    {
        foreach (var lease in leases)
        {
            _touched.Add(lease.Id);
        }
    }

    /// <summary>After every step.</summary>
    public void Check()
    {
        foreach (var id in _touched)
        {
            Check(id);
        }

        _touched.Clear();
        if (_broken is not null)
        {
            throw new PromiseBrokenException(_broken);
        }
    }

    public void CheckAll()
    {
        _touched.UnionWith(_histories.Keys);
        Check();
    }

    /// <summary>What the store says of a lease, past all faults.</summary>
    public Lease? Look(LeaseId id) => World.ResultOf(world.Store.FindLeaseAsync(id, default));

    public void NoSecretIn(string text, string where)
    {
        if (text.Contains(SimulatedCredential.SecretText, StringComparison.Ordinal))
        {
            Broken($"promise 3: a secret is in {where}");
        }
    }

    /// <summary>Policy has permitted one intent.</summary>
    public void Permitted(string policyHash) => _permits.Add(policyHash);

    /// <summary>A caller has the secret in hand.</summary>
    public void HandedOut(IssueResult.Issued issued)
    {
        world.Tally.Saw(Sight.HandedOut);
        var lease = issued.Lease;
        if (world.Audit.Find(issued.Decision.Id) is not { Allowed: true, Type: AuditEventType.Decided })
        {
            Broken($"promise 5: the secret of {lease.Id} was handed out, its decision is not on the record");
        }

        if (world.Audit.Find($"{lease.Id}/issued") is null)
        {
            Broken($"promise 5: the secret of {lease.Id} was handed out, its issue is not on the record");
        }
    }

    /// <summary>A caller was told that a lease's access is over.</summary>
    public void ToldRevoked(Lease lease)
    {
        if (TargetOf(lease.Id).Has(lease.Id))
        {
            Broken($"{lease.Id} was said to be revoked, its credential is there");
        }
    }

    public void Recorded(AuditRecord record)
    {
        // One permit, one decision: an answer that was lost or late must not allow anything.
        if (record is { Type: AuditEventType.Decided, Allowed: true } && !_permits.Remove(record.PolicyHash))
        {
            Broken($"promise 4: {record.Id} allows what policy did not permit");
        }
    }

    /// <summary>The latest moment at which an issue call may take effect: what the settle margin was chosen for.</summary>
    public DateTimeOffset LatestEffectOf(LeaseId lease, TimeSpan timeout)
    {
        if (!_histories.TryGetValue(lease, out var history))
        {
            Broken($"promise 1: {lease} is to be created, it was never reserved");
            return world.Scheduler.Now;
        }

        var limit = timeout < history.Asked.TimeToLive ? timeout : history.Asked.TimeToLive;
        return history.ReserveTime + limit + BrokerProcess.SettleMargin;
    }

    /// <summary>Something exists at a target from now on.</summary>
    public void Created(LeaseId lease, SimulatedTarget target)
    {
        Touch(lease);
        if (!_histories.TryGetValue(lease, out var history) || history.Target != target.Name)
        {
            Broken($"promise 1: {lease} exists at {target.Name} and was not reserved for it");
        }
    }

    private void Check(LeaseId id)
    {
        var history = _histories[id];
        var lease = Look(id);
        var there = TargetOf(id).Has(id);
        if (lease is null)
        {
            Broken($"promise 1: {id} was reserved, the store does not know it");
            return;
        }

        if (there && lease.GoneTime is not null)
        {
            Broken($"promise 2: {id} is at the target, although it was proven gone");
        }

        if (lease.State == LeaseState.Revoked && !world.Audit.Contains(LeaseRecords.RevokedId(lease)))
        {
            Broken($"promise 5: {id} is revoked, which is not on the record");
        }

        if (lease.State == LeaseState.Active && EnforcedOrderOver(history) is { } order)
        {
            Broken($"promise 6: {id} is active after kill order {order} was carried out");
        }

        if (lease.Fence > history.Fence)
        {
            Broken($"promise 8: {id} has fence {lease.Fence}, given away was only {history.Fence}");
        }
    }

    private SimulatedTarget TargetOf(LeaseId id) => world.Targets[_histories[id].Target];
}
