using System.Collections.Frozen;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Policy.Schema;

namespace SecretsBroker.Policy;

/// <summary>One checked policy set, as a whole. Never changes.</summary>
/// <param name="set">The policies.</param>
/// <param name="schema">What they were checked against.</param>
/// <param name="obligations">What policies demand, by their ids; those that demand nothing may be left out.</param>
/// <param name="hash">SHA-256 of its sources, hexadecimal.</param>
internal sealed class PolicySnapshot(
    PolicySet set, PolicySchema schema, IReadOnlyDictionary<string, Obligations> obligations, string hash)
{
    // Few policies demand something: what is not here is looked up fastest.
    private readonly FrozenDictionary<string, Obligations> _obligations = obligations
        .Where(demand => !demand.Value.Equals(Obligations.None))
        .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Denies everything.</summary>
    public static PolicySnapshot Empty { get; } = new(PolicySet.Empty, PolicySchema.BuiltIn, new Dictionary<string, Obligations>(), "");

    /// <summary>All of them.</summary>
    public PolicySet Set { get; } = set;

    /// <summary>Those that are asked about agents' intents.</summary>
    public PolicySet Agents { get; } = PolicySet.Empty.With(set.Policies.Where(policy => !OperatorAction.IsNamedBy(policy.Action)));

    /// <summary>Those that are asked about operators.</summary>
    public PolicySet Operators { get; } = PolicySet.Empty.With(set.Policies.Where(policy => OperatorAction.IsNamedBy(policy.Action)));

    public PolicySchema Schema { get; } = schema;

    public string Hash { get; } = hash;

    /// <summary>What several policies that permit the same demand together: the strictest of each kind.</summary>
    public Obligations ObligationsOf(IReadOnlyList<CedarPolicy> permits)
    {
        var together = Obligations.None;
        foreach (var policy in permits)
        {
            if (_obligations.TryGetValue(policy.Id, out var demand))
            {
                together = together.And(demand);
            }
        }

        return together;
    }
}
