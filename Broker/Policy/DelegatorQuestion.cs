using SecretsBroker.Behaviour;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Policy;

/// <summary>What policy is asked about those above a delegate.</summary>
internal static class DelegatorQuestion
{
    /// <summary>The same intent, asked for by the giver of one link for its own task, as policy was shown the giver when it gave.</summary>
    /// <param name="question">The delegate's.</param>
    /// <param name="above">The chain as it is now.</param>
    /// <param name="link">Whose giver is meant, counted from the root.</param>
    /// <param name="behaved">How that one has behaved.</param>
    /// <returns>Null where the store knows the delegation, or its task, no more.</returns>
    public static PolicyQuestion? Of(PolicyQuestion question, ChainState above, int link, BehaviourSignals behaved)
    {
        var chain = above.Chain;
        if (above.Delegations[link]?.Giver is not { } giver || above.Tasks[link] is not { } task)
        {
            return null;
        }

        var context = question.Context with
        {
            Task = task.Key.Id,
            TaskPurpose = task.Purpose,
            Initiator = task.Initiator,
            VerifiedInitiator = task.VerifiedInitiator,
            Labels = task.Labels,
            SourceAddress = giver.SourceAddress,
            Signals = behaved,
            Delegation = link == 0 ? null : (chain with { Links = [.. chain.Links.Take(link)] }).Facts,
        };
        return question with { Workload = giver.ToWorkload(task.Key.Owner), Context = context };
    }
}
