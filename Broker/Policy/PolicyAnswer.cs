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

    /// <summary>SHA-256 of the policy set, hexadecimal; empty when none could be asked.</summary>
    public string PolicyHash { get; init; } = "";

    public Obligations Obligations { get; init; } = Obligations.None;

    public static PolicyAnswer Deny(string reason, string policyHash = "") =>
        new() { Allowed = false, Reason = reason, PolicyHash = policyHash };
}

/// <summary>What a permit demands. Where several permit, the strictest of each kind holds.</summary>
/// <param name="MaxTimeToLive">Shortens the lease (<c>@max_ttl</c>); null for no demand.</param>
internal sealed record Obligations(TimeSpan? MaxTimeToLive)
{
    public static Obligations None { get; } = new((TimeSpan?)null);
}
