using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Simulation;

/// <summary>What the store may answer to revokers: one at a time, and none with an outdated claim.</summary>
internal sealed partial class Promises
{
    public void Claimed(Lease lease, TimeSpan claim, BrokerProcess process)
    {
        Touch(lease.Id);
        var history = _histories[lease.Id];
        if (history.ClaimedUntil is { } until)
        {
            if (world.Scheduler.Now < until)
            {
                Broken($"promise 8: {lease.Id} was claimed by {process.Name} while another holds it");
            }

            world.Tally.Saw(Sight.ClaimTakenOver);
        }

        if (lease.Fence <= history.Fence)
        {
            Broken($"promise 8: {lease.Id} was claimed with fence {lease.Fence}, which was given away before");
        }

        history.Fence = lease.Fence;
        history.FenceIsClaim = true;
        history.ClaimedUntil = world.Scheduler.Now + claim;
    }

    /// <summary>An issuer reported late or gave up: claims and proofs before this moment do not count.</summary>
    public void Voided(Lease? lease)
    {
        if (lease is null)
        {
            return;
        }

        Touch(lease.Id);
        var history = _histories[lease.Id];
        if (lease.Reopened > 0)
        {
            world.Tally.Saw(Sight.Reopened);
        }

        if (lease.GoneTime is not null || lease.State != LeaseState.Revoking)
        {
            Broken($"{lease.Id} was undone by its issuer and is not to be revoked again");
        }

        history.Fence = lease.Fence;
        history.FenceIsClaim = false;
        history.ClaimedUntil = null;
    }

    public void MarkedGone(LeaseId id, long fence, MarkGoneResult result)
    {
        Touch(id);
        var history = _histories[id];
        if (result.Status == MarkGoneStatus.ClaimLost)
        {
            world.Tally.Saw(Sight.OutdatedClaimRefused);
            return;
        }

        Holds(id, history, fence, "marked gone");
        if (result.Status == MarkGoneStatus.NotSettled)
        {
            history.ClaimedUntil = null;
        }
        else if (TargetOf(id).IsUnderWay(id))
        {
            Broken($"promise 2: {id} was marked gone while its creation may still take effect");
        }
    }

    public void Finished(LeaseId id, long fence, bool done)
    {
        Touch(id);
        if (done)
        {
            var history = _histories[id];
            Holds(id, history, fence, "finished");
            history.ClaimedUntil = null;
        }
        else
        {
            world.Tally.Saw(Sight.OutdatedClaimRefused);
        }
    }

    public void PutBack(LeaseId id, long fence, bool done)
    {
        Touch(id);
        if (done)
        {
            var history = _histories[id];
            Holds(id, history, fence, "put back");
            history.ClaimedUntil = null;
            if (Look(id)!.SettleTime > world.Scheduler.Now)
            {
                world.Tally.Saw(Sight.NotSettled);
            }
        }
        else
        {
            world.Tally.Saw(Sight.OutdatedClaimRefused);
        }
    }

    private void Holds(LeaseId id, LeaseHistory history, long fence, string step)
    {
        if (fence != history.Fence || !history.FenceIsClaim)
        {
            Broken($"promise 8: {id} was {step} with fence {fence}, the newest is {history.Fence}");
        }
    }
}
