using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Issuance;

/// <summary>What rules an intent out before policy is asked: what its task was started for, and through whom the task came to its owner.</summary>
internal static class TaskBounds
{
    private const string OutsideTask = "the task was started for something else";

    // No lease is shorter. What ends sooner is cut by the store.
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <param name="task">Which the intent is for.</param>
    /// <param name="intent">What is asked for.</param>
    /// <param name="above">The chain of the task's delegation as it is now; null when there is none, any more or at all.</param>
    /// <param name="now">By the store's clock.</param>
    /// <returns>Why not, for the metric and in words that a caller may read; null when nothing rules it out.</returns>
    public static (DenialReason Reason, string Text)? DenialOf(AgentTask task, Intent intent, ChainState? above, DateTimeOffset now)
    {
        if (task.Scope is { } scope && !scope.Contains(intent.Action, intent.Resource))
        {
            return (DenialReason.OutsideTask, OutsideTask);
        }

        return FaultOf(task, intent, above, now) is not DelegationFault.None and var fault
            ? (DenialReason.Delegation, DelegationFaultText.Of(fault))
            : null;
    }

    /// <summary>A time to live that does not go past what is above.</summary>
    public static TimeSpan Cut(TimeSpan timeToLive, ChainState? above, DateTimeOffset now)
    {
        if (above is null || above.Latest - now >= timeToLive)
        {
            return timeToLive;
        }

        return above.Latest - now > Shortest ? above.Latest - now : Shortest;
    }

    private static DelegationFault FaultOf(AgentTask task, Intent intent, ChainState? above, DateTimeOffset now)
    {
        if (task.Delegation is null)
        {
            return DelegationFault.None;
        }

        if (above is null || above.Delegate != task.Key.Owner)
        {
            return DelegationFault.Over;
        }

        return above.FaultOf(intent.Action, intent.Resource, [task.Purpose, intent.Purpose], now);
    }
}
