using SecretsBroker.Policy;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation.Recheck;

/// <param name="Kind">What asking again came to.</param>
/// <param name="Answer">Policy's; null when it gave none.</param>
internal readonly record struct LeaseVerdict(RecheckVerdict Kind, PolicyAnswer? Answer)
{
    public static LeaseVerdict NotAsked { get; } = new(RecheckVerdict.NotAsked, null);

    public static LeaseVerdict Failed { get; } = new(RecheckVerdict.Failed, null);

    /// <summary>
    /// What an answer means for a lease that is live. A request is denied by whatever goes wrong; taking away what somebody works with
    /// needs policies that say no. So an answer by which nothing was decided leaves the lease alone: one that no policies stand behind
    /// (their engine was out of reach), and one that only failed evaluations led to.
    /// </summary>
    public static LeaseVerdict Of(PolicyAnswer answer) => answer switch
    {
        { Allowed: true } => new(RecheckVerdict.Allowed, answer),
        { IsFailure: true } or { PolicyHash.Length: 0 } => Failed,
        { Policies.Count: 0, FailedPolicies.Count: > 0 } => new(RecheckVerdict.Undecided, answer),
        _ => new(RecheckVerdict.Denied, answer),
    };
}
