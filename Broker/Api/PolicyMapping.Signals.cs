using SecretsBroker.Behaviour;
using SecretsBroker.V1;

namespace SecretsBroker.Api;

/// <content>How a workload has behaved, where a question says so.</content>
internal static partial class PolicyMapping
{
    public static PolicySignals? ToMessage(BehaviourSignals signals) => signals == BehaviourSignals.None ? null : new PolicySignals
    {
        Issues = signals.Issues,
        Denials = signals.Denials,
        Resources = signals.Resources,
        Violations = signals.Violations,
        Failures = signals.Failures,
    };

    private static BehaviourSignals ToSignals(PolicySignals? signals, string field)
    {
        return signals is null ? BehaviourSignals.None : new BehaviourSignals(
            Count("issues", signals.Issues),
            Count("denials", signals.Denials),
            Count("resources", signals.Resources),
            Count("violations", signals.Violations),
            Count("failures", signals.Failures));

        long Count(string name, long count) => count is >= 0 and <= BehaviourSignals.Maximum
            ? count
            : throw Errors.Invalid($"{field}.{name}", $"must be from 0 to {BehaviourSignals.Maximum}");
    }
}
