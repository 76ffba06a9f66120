using System.Collections.Concurrent;

namespace SecretsBroker.Leases.Redis;

/// <summary>
/// What never changes about the leases that this broker saw last. A script must be given all its keys, and a lease's keys follow from its
/// owner, task and target; who remembers them saves asking before each step. Forgetting costs that question, nothing else.
/// </summary>
internal sealed class LeaseMemory(int capacity)
{
    private ConcurrentDictionary<LeaseId, Lease> _young = new();
    private ConcurrentDictionary<LeaseId, Lease> _old = new();
    private int _count;

    public void Keep(Lease lease)
    {
        if (!_young.TryAdd(lease.Id, lease) || Interlocked.Increment(ref _count) < capacity)
            return;
        // Two generations bound the size without keeping an order; two threads that do this at once lose one, no more.
        _old = _young;
        _young = new ConcurrentDictionary<LeaseId, Lease>();
        _count = 0;
    }

    /// <summary>The lease as it once was; only what never changes may be read from it.</summary>
    public Lease? Find(LeaseId id)
    {
        if (_young.TryGetValue(id, out var lease))
            return lease;
        if (_old.TryGetValue(id, out lease))
            Keep(lease);
        return lease;
    }
}
