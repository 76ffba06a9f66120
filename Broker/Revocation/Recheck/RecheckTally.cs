using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation.Recheck;

/// <param name="Id">Which.</param>
/// <param name="Grant">By which grant it was made.</param>
/// <param name="Answer">Policy's denial.</param>
internal readonly record struct DeniedLease(LeaseId Id, string Grant, PolicyAnswer Answer);

/// <summary>What one pass has found so far.</summary>
internal sealed class RecheckTally
{
    // Some tens of megabytes. What is more is counted, and the next pass finds it again.
    private const int MaxKept = 100_000;

    private readonly int[] _counts = new int[Enum.GetValues<RecheckVerdict>().Length];
    private readonly List<DeniedLease> _denied = [];
    private readonly SortedDictionary<string, int> _deniedByGrant = new(StringComparer.Ordinal);

    public IReadOnlyList<DeniedLease> Denied => _denied;

    public IReadOnlyDictionary<string, int> DeniedByGrant => _deniedByGrant;

    /// <summary>Whether part of the leases was not looked at: a shard was out of reach, or the policy engine.</summary>
    public bool IsIncomplete { get; set; }

    /// <summary>Those of which policy said something.</summary>
    public int Answered => this[RecheckVerdict.Allowed] + this[RecheckVerdict.Denied];

    public int this[RecheckVerdict verdict] => _counts[(int)verdict];

    public void Add(Lease lease, LeaseVerdict verdict)
    {
        _counts[(int)verdict.Kind]++;
        if (verdict.Kind != RecheckVerdict.Denied)
        {
            return;
        }

        _deniedByGrant[lease.Grant] = _deniedByGrant.GetValueOrDefault(lease.Grant) + 1;
        if (_denied.Count < MaxKept)
        {
            _denied.Add(new DeniedLease(lease.Id, lease.Grant, verdict.Answer!));
        }
    }
}
