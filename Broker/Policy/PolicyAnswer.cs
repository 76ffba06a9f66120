namespace SecretsBroker.Policy;

/// <summary>What the policy engine says to one question.</summary>
internal sealed record PolicyAnswer
{
    public required bool Allowed { get; init; }

    /// <summary>The policies that determined it, by id.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>The policies that failed to evaluate, by id. A forbid among them has already turned the answer into a denial.</summary>
    public IReadOnlyList<string> FailedPolicies { get; init; } = [];

    /// <summary>Why, in words that a caller may read: which kind of rule decided, never another's data.</summary>
    public required string Reason { get; init; }

    /// <summary>
    /// Which policies: the SHA-256 of Cedar's, hexadecimal; <c>opa:</c> and a policy server's revision; <c>+</c> between them when both were
    /// asked. Empty when none could be asked.
    /// </summary>
    public string PolicyHash { get; init; } = "";

    /// <summary>The id under which a policy server keeps its decision; empty when none was asked or it names none.</summary>
    public string ServerDecisionId { get; init; } = "";

    /// <summary>Policy could not be asked, or has no rule for this: a denial that no policy made.</summary>
    public bool IsFailure { get; init; }

    /// <summary>A failure decided, of the engine or of a policy: it says nothing about who asked.</summary>
    public bool IsDueToFailure => IsFailure || FailedPolicies.Count > 0;

    public Obligations Obligations { get; init; } = Obligations.None;

    public static PolicyAnswer Deny(string reason, string policyHash = "") =>
        new() { Allowed = false, Reason = reason, PolicyHash = policyHash };
}
