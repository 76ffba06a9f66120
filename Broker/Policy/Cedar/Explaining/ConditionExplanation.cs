namespace SecretsBroker.Policy.Cedar.Explaining;

/// <summary>What came of a <c>when</c> or <c>unless</c>.</summary>
/// <param name="IsWhen">Else it is an <c>unless</c>.</param>
/// <param name="Position">Where its expression begins.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Error">Why it could not be evaluated; null when it could.</param>
/// <param name="Findings">The parts that made it so; the one that erred where one did.</param>
public sealed record ConditionExplanation(
    bool IsWhen, CedarPosition Position, ConditionOutcome Outcome, string? Error, IReadOnlyList<Finding> Findings);

public enum ConditionOutcome
{
    /// <summary>Something before it had decided.</summary>
    NotAsked = 1,
    Met = 2,
    Unmet = 3,
    Erred = 4,
}

/// <summary>A part of a condition that decided it.</summary>
/// <param name="Text">As it is written, evenly laid out; cut when it is long.</param>
/// <param name="Position">Where.</param>
/// <param name="Value">What it came to; null when it could not be evaluated.</param>
/// <param name="Inputs">What it looked at.</param>
public sealed record Finding(string Text, CedarPosition Position, bool? Value, IReadOnlyList<FindingInput> Inputs);

/// <param name="Text">The expression, such as <c>context.ttl</c>.</param>
/// <param name="Value">Its value as Cedar writes it; cut when it is long.</param>
public readonly record struct FindingInput(string Text, string Value);
