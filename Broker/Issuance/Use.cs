namespace SecretsBroker.Issuance;

/// <summary>What an agent says it used a secret for. Validated at the edge.</summary>
/// <param name="Tool">The tool that used it.</param>
/// <param name="Action">Empty for the intent's.</param>
/// <param name="DownstreamResource">What was touched.</param>
/// <param name="Outcome">How it went.</param>
internal sealed record Use(string Tool, string Action, string DownstreamResource, UseOutcome Outcome);

internal enum UseOutcome
{
    Succeeded = 1,
    Failed = 2,
    Refused = 3,
}

/// <param name="Violations">Empty when the use lies within the intent.</param>
/// <param name="LeaseEnded">Whether they ended the lease.</param>
internal sealed record UseVerdict(IReadOnlyList<UseViolation> Violations, bool LeaseEnded);

/// <param name="Field">The request's field.</param>
/// <param name="Description">For the caller and the record.</param>
internal sealed record UseViolation(string Field, string Description);
