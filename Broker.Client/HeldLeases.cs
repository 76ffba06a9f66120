using SecretsBroker.V1;

namespace SecretsBroker.Client;

/// <summary>
/// The leases of one task that are held here. The lifeline and the answer to a call come different ways: that a lease has ended may be
/// told before the lease itself has arrived, and must not be forgotten until then.
/// </summary>
internal sealed class HeldLeases
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, BrokerLease> _held = [];
    private readonly Dictionary<string, EndCause> _endedBeforeArrival = [];
    private EndCause? _allEnded;
    private int _expected;

    /// <summary>Says that a lease is on its way; until this is disposed.</summary>
    public IDisposable Expect()
    {
        lock (_gate)
        {
            _expected++;
        }

        return new Expectation(this);
    }

    /// <returns>Why it has ended already; null when it has not.</returns>
    public EndCause? Add(BrokerLease lease)
    {
        lock (_gate)
        {
            if (_endedBeforeArrival.TryGetValue(lease.Id, out var cause))
            {
                return cause;
            }

            if (_allEnded is null)
            {
                _held.Add(lease.Id, lease);
            }

            return _allEnded;
        }
    }

    public BrokerLease? Find(string id)
    {
        lock (_gate)
        {
            return _held.GetValueOrDefault(id);
        }
    }

    /// <returns>Null when it is not held.</returns>
    public BrokerLease? Remove(string id, EndCause cause)
    {
        lock (_gate)
        {
            if (_held.Remove(id, out var lease))
            {
                return lease;
            }

            if (_expected > 0)
            {
                _endedBeforeArrival[id] = cause;
            }

            return null;
        }
    }

    /// <summary>From now on nothing is held any more.</summary>
    public IReadOnlyList<BrokerLease> RemoveAll(EndCause cause)
    {
        lock (_gate)
        {
            _allEnded ??= cause;
            BrokerLease[] all = [.. _held.Values];
            _held.Clear();
            return all;
        }
    }

    private void Arrived()
    {
        lock (_gate)
        {
            if (--_expected == 0)
            {
                _endedBeforeArrival.Clear();
            }
        }
    }

    private sealed class Expectation(HeldLeases leases) : IDisposable
    {
        public void Dispose() => leases.Arrived();
    }
}
