namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>What a validator found in a policy set.</summary>
/// <param name="Errors">Why policies do not fit the schema. Without one, the policies cannot err for a request that fits it, but for overflow.</param>
/// <param name="Warnings">What is allowed but surely not meant, such as a policy that can never hold.</param>
public sealed record ValidationResult(IReadOnlyList<ValidationFinding> Errors, IReadOnlyList<ValidationFinding> Warnings)
{
    public bool IsValid => Errors.Count == 0;
}

public enum ValidationFindingKind
{
    /// <summary>Something is named that is not declared, or has the wrong type.</summary>
    Fault,

    /// <summary>No action of the schema applies to what the head allows.</summary>
    NoActionApplies,

    /// <summary>The policy is false for every request that fits the schema.</summary>
    NeverHolds,

    /// <summary>
    /// The policy asks with <c>has</c> for an attribute that nothing has there. Cedar's own validator does not tell this; where the question
    /// stands in <c>unless</c>, nothing else does.
    /// </summary>
    NeverThere,
}

/// <summary>One fault of one policy, template or link.</summary>
public sealed record ValidationFinding(ValidationFindingKind Kind, string PolicyId, string Message, CedarPosition Position)
{
    public override string ToString() => $"{Position}: policy `{PolicyId}`: {Message}";
}
