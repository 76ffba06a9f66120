using System.Collections.Frozen;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Policy.Schema;

namespace SecretsBroker.Policy;

/// <summary>One checked policy set, as a whole. Never changes.</summary>
/// <param name="set">The policies.</param>
/// <param name="schema">What they were checked against.</param>
/// <param name="maxTimesToLive">What <c>@max_ttl</c> demands, by policy id.</param>
/// <param name="hash">SHA-256 of its sources, hexadecimal.</param>
internal sealed class PolicySnapshot(
    PolicySet set, PolicySchema schema, IReadOnlyDictionary<string, TimeSpan> maxTimesToLive, string hash)
{
    private readonly FrozenDictionary<string, TimeSpan> _maxTimesToLive = maxTimesToLive.ToFrozenDictionary();

    /// <summary>Denies everything.</summary>
    public static PolicySnapshot Empty { get; } = new(PolicySet.Empty, PolicySchema.BuiltIn, new Dictionary<string, TimeSpan>(), "");

    /// <summary>All of them.</summary>
    public PolicySet Set { get; } = set;

    /// <summary>Those that are asked about agents' intents.</summary>
    public PolicySet Agents { get; } = PolicySet.Empty.With(set.Policies.Where(policy => !OperatorAction.IsNamedBy(policy.Action)));

    /// <summary>Those that are asked about operators.</summary>
    public PolicySet Operators { get; } = PolicySet.Empty.With(set.Policies.Where(policy => OperatorAction.IsNamedBy(policy.Action)));

    public PolicySchema Schema { get; } = schema;

    public string Hash { get; } = hash;

    /// <summary>What several policies that permit the same demand together: the strictest of each kind.</summary>
    public Obligations ObligationsOf(IEnumerable<CedarPolicy> permits)
    {
        TimeSpan? strictest = null;
        var second = false;
        foreach (var policy in permits)
        {
            second |= SecondOperator.IsDemandedBy(policy);
            if (_maxTimesToLive.TryGetValue(policy.Id, out var demand) && (strictest is null || demand < strictest))
            {
                strictest = demand;
            }
        }

        return strictest is null && !second ? Obligations.None : new Obligations(strictest) { SecondOperator = second };
    }
}
