using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Policy.Operators;

namespace SecretsBroker.Policy.Trials;

/// <summary>A question that somebody asks to see the answer; nothing follows from it.</summary>
internal abstract record TrialQuestion
{
    private TrialQuestion()
    {
    }

    /// <summary>Whether an agent would get a secret.</summary>
    /// <param name="Workload">Who asks.</param>
    /// <param name="Intent">What for, as it would be requested.</param>
    /// <param name="Engine">The type of engine, where several grants serve the intent; empty for any.</param>
    /// <param name="Context">The rest.</param>
    public sealed record OfAgent(Workload Workload, Intent Intent, string Engine, PolicyContext Context) : TrialQuestion;

    /// <summary>Whether somebody may do what operators do.</summary>
    /// <param name="Question">Who, what, to what.</param>
    /// <param name="Time">When.</param>
    public sealed record OfOperator(OperatorQuestion Question, DateTimeOffset Time) : TrialQuestion;
}
