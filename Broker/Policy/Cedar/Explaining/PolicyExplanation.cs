namespace SecretsBroker.Policy.Cedar.Explaining;

/// <summary>What one policy said to one request, and why.</summary>
/// <param name="Policy">Which.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Scope">Which parts of its head the request met.</param>
/// <param name="Conditions">In their order; those behind the one that decided were not looked at.</param>
public sealed record PolicyExplanation(
    CedarPolicy Policy, PolicyOutcome Outcome, ScopeExplanation Scope, IReadOnlyList<ConditionExplanation> Conditions);

public enum PolicyOutcome
{
    /// <summary>The head speaks of other requests.</summary>
    OutOfScope = 1,

    /// <summary>The head was met, and a condition was not.</summary>
    ConditionUnmet = 2,

    /// <summary>A condition could not be evaluated.</summary>
    Erred = 3,

    /// <summary>The policy holds: it permits, or forbids.</summary>
    Held = 4,
}

public readonly record struct ScopeExplanation(bool Principal, bool Action, bool Resource)
{
    public bool IsMet => Principal && Action && Resource;
}
