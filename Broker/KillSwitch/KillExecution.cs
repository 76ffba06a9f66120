using System.Collections.Concurrent;
using SecretsBroker.Leases;

namespace SecretsBroker.KillSwitch;

/// <summary>One order being carried out by this broker, for those who watch it.</summary>
internal sealed class KillExecution(KillOrder order)
{
    private readonly Lock _gate = new();
    private readonly HashSet<LeaseId> _open = [];
    private readonly ConcurrentQueue<LeaseId> _tried = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private KillProgress _progress = KillProgress.None;

    public KillOrder Order { get; } = order;

    public KillProgress Progress
    {
        get
        {
            lock (_gate)
            {
                return _progress;
            }
        }
    }

    /// <summary>Ends when all is proven gone, or when what is left was handed to the sweep. Never fails.</summary>
    public Task Over => _over.Task;

    public void Covered(EndPage page)
    {
        lock (_gate)
        {
            foreach (var lease in page.Ended.Concat(page.EndedBefore))
            {
                _open.Add(lease.Id);
            }

            _progress = _progress with
            {
                Found = _progress.Found + page.Ended.Count + page.EndedBefore.Count,
                Ended = _progress.Ended + page.Ended.Count,
            };
        }
    }

    public void Walked()
    {
        lock (_gate)
        {
            _progress = _progress with { Walked = true };
        }
    }

    /// <param name="id">Which.</param>
    /// <param name="lease">As it is now; null when somebody else has it in hand.</param>
    public void Tried(LeaseId id, Lease? lease)
    {
        if (lease?.GoneTime is { } gone)
        {
            Gone(id, gone);
        }
        else
        {
            _tried.Enqueue(id);
        }
    }

    /// <summary>Those that were tried and not seen gone; each is to be given back with <see cref="Tried"/> or <see cref="Gone"/>.</summary>
    public IReadOnlyList<LeaseId> TakeTried()
    {
        var ids = new List<LeaseId>();
        for (var left = _tried.Count; left > 0 && _tried.TryDequeue(out var id); left--)
        {
            ids.Add(id);
        }

        return ids;
    }

    public void Gone(LeaseId id, DateTimeOffset time)
    {
        lock (_gate)
        {
            if (!_open.Remove(id))
            {
                return;
            }

            // One that had ended before may have been proven gone in the moment before the order came to it.
            var after = time > Order.CreateTime ? time - Order.CreateTime : TimeSpan.Zero;
            _progress = _progress with
            {
                Gone = _progress.Gone + 1,
                FirstGone = _progress.FirstGone is { } first && first < after ? first : after,
                LastGone = _progress.LastGone is { } last && last > after ? last : after,
            };
        }
    }

    public void End() => _over.TrySetResult();
}
