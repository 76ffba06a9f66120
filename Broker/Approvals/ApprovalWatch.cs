using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using SecretsBroker.Identity;

namespace SecretsBroker.Approvals;

/// <summary>
/// Tells those who wait or watch what changes, at whatever broker it was changed: it looks at the store, again and again. A workload may hold
/// so many streams open and no more, since each of them costs that look.
/// </summary>
internal sealed class ApprovalWatch(IApprovalStore approvals, IOptions<ApprovalOptions> options, TimeProvider time)
{
    /// <summary>Of pending requests that are looked at; those that end first before the others.</summary>
    public const int MaxListed = 500;

    private readonly ConcurrentDictionary<WorkloadId, int> _streams = new();

    /// <summary>A place for one more stream; null when the workload holds as many as it may. To be disposed with the stream.</summary>
    public IDisposable? TryEnter(WorkloadId workload)
    {
        if (_streams.AddOrUpdate(workload, 1, (_, count) => count + 1) > options.Value.MaxStreamsPerWorkload)
        {
            Leave(workload);
            return null;
        }

        return new Place(this, workload);
    }

    /// <summary>One request as it is now and whenever it has changed, to its end: used, rejected or expired.</summary>
    public async IAsyncEnumerable<Approval> FollowAsync(ApprovalId id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Approval? told = null;
        while (await approvals.FindAsync(id, cancellationToken) is { } approval)
        {
            if (told is null || told.State != approval.State || told.Votes.Count != approval.Votes.Count)
            {
                told = approval;
                yield return approval;
            }

            if (approval.State is not (ApprovalState.Pending or ApprovalState.Approved))
            {
                yield break;
            }

            await Task.Delay(options.Value.WatchInterval, time, cancellationToken);
        }
    }

    /// <summary>Every pending request, each again when somebody has voted, and once more when it is pending no more.</summary>
    public async IAsyncEnumerable<Approval> FollowAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var told = new Dictionary<ApprovalId, int>();
        while (true)
        {
            var pending = await approvals.ListPendingAsync(MaxListed, cancellationToken);
            foreach (var approval in pending.Where(approval => told.GetValueOrDefault(approval.Id, -1) != approval.Votes.Count))
            {
                told[approval.Id] = approval.Votes.Count;
                yield return approval;
            }

            foreach (var id in told.Keys.Except(pending.Select(approval => approval.Id)).ToList())
            {
                var ended = await approvals.FindAsync(id, cancellationToken);
                if (ended is { State: ApprovalState.Pending })
                {
                    // Only pushed off the list, by more than fit on it.
                    continue;
                }

                told.Remove(id);
                if (ended is not null)
                {
                    yield return ended;
                }
            }

            await Task.Delay(options.Value.WatchInterval, time, cancellationToken);
        }
    }

    private void Leave(WorkloadId workload)
    {
        // Zero is forgotten, unless somebody enters in the same moment.
        if (_streams.AddOrUpdate(workload, 0, (_, count) => count - 1) == 0)
        {
            _streams.TryRemove(KeyValuePair.Create(workload, 0));
        }
    }

    private sealed class Place(ApprovalWatch watch, WorkloadId workload) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                watch.Leave(workload);
            }
        }
    }
}
