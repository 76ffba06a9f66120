using System.Threading.Channels;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Revocation;

namespace SecretsBroker.KillSwitch;

/// <summary>
/// Revokes many leases at once: a queue and a few workers for each target, so that one that hangs delays nobody else, and ten
/// thousand leases are not ten thousand tasks.
/// </summary>
internal sealed class RevocationQueues(Revoker revoker, TargetEngines engines, Action<LeaseId, Lease?> tried)
{
    private const int PlacesWithoutEngine = 4;

    // A worker keeps a place at the target for a part of its time only: the others are waiting for the store or the audit log meanwhile.
    private const int WorkersAPlace = 4;
    private const int MaxWorkers = 256;

    private readonly Dictionary<string, Channel<LeaseId>> _queues = [];
    private bool _closed;

    /// <summary>By one caller at a time.</summary>
    public void Add(Lease lease)
    {
        if (!_queues.TryGetValue(lease.Target, out var queue))
        {
            _queues[lease.Target] = queue = Channel.CreateUnbounded<LeaseId>();
            var places = engines.Find(lease.Target)?.Target.Concurrency ?? PlacesWithoutEngine;
            var workers = Math.Min(places * WorkersAPlace, MaxWorkers);
            for (var worker = 0; worker < workers; worker++)
            {
                _ = WorkAsync(queue.Reader);
            }
        }

        queue.Writer.TryWrite(lease.Id);
    }

    /// <summary>What is still queued is left to the sweep.</summary>
    public void Close()
    {
        Volatile.Write(ref _closed, true);
        foreach (var queue in _queues.Values)
        {
            queue.Writer.TryComplete();
        }
    }

    private async Task WorkAsync(ChannelReader<LeaseId> queue)
    {
        await foreach (var id in queue.ReadAllAsync())
        {
            if (Volatile.Read(ref _closed))
            {
                return;
            }

            tried(id, await revoker.RevokeNowAsync(id));
        }
    }
}
