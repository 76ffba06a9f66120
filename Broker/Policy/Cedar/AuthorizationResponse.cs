namespace SecretsBroker.Policy.Cedar;

public enum CedarDecision
{
    Deny,
    Allow,
}

/// <param name="Reasons">The policies that determined the decision: the forbids that held; else the permits; none for a denial by default.</param>
/// <param name="Errors">The policies that could not be evaluated and were therefore skipped.</param>
public sealed record AuthorizationResponse(
    CedarDecision Decision,
    IReadOnlyList<CedarPolicy> Reasons,
    IReadOnlyList<PolicyError> Errors);

/// <summary>A policy that could not be evaluated.</summary>
public sealed record PolicyError(CedarPolicy Policy, string Message, CedarPosition Position);
