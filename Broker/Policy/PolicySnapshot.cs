using System.Collections.Frozen;
using SecretsBroker.Policy.Cedar;

namespace SecretsBroker.Policy;

/// <summary>One checked policy set, as a whole. Never changes.</summary>
/// <param name="set">The policies.</param>
/// <param name="maxTimesToLive">What <c>@max_ttl</c> demands, by policy id.</param>
/// <param name="hash">SHA-256 of its sources, hexadecimal.</param>
internal sealed class PolicySnapshot(PolicySet set, IReadOnlyDictionary<string, TimeSpan> maxTimesToLive, string hash)
{
    private readonly FrozenDictionary<string, TimeSpan> _maxTimesToLive = maxTimesToLive.ToFrozenDictionary();

    /// <summary>Denies everything.</summary>
    public static PolicySnapshot Empty { get; } = new(PolicySet.Empty, new Dictionary<string, TimeSpan>(), "");

    public PolicySet Set { get; } = set;

    public string Hash { get; } = hash;

    /// <summary>What several policies that permit the same demand together: the strictest of each kind.</summary>
    public Obligations ObligationsOf(IEnumerable<CedarPolicy> permits)
    {
        TimeSpan? strictest = null;
        foreach (var policy in permits)
        {
            if (_maxTimesToLive.TryGetValue(policy.Id, out var demand) && (strictest is null || demand < strictest))
            {
                strictest = demand;
            }
        }

        return strictest is null ? Obligations.None : new Obligations(strictest);
    }
}
