namespace SecretsBroker.Explaining;

/// <summary>A use as the agent reported it, held against the lease's intent.</summary>
/// <param name="Time">When it was reported.</param>
/// <param name="Tool">Which tool used the secret.</param>
/// <param name="Action">What it did.</param>
/// <param name="Resource">What it touched.</param>
/// <param name="Outcome">How that went.</param>
/// <param name="Violation">In what it lies outside the intent; empty when it lies within.</param>
internal sealed record ExplainedUse(DateTimeOffset Time, string Tool, string Action, string Resource, string Outcome, string Violation)
{
    public bool IsViolation => Violation.Length > 0;
}

/// <param name="Time">When.</param>
/// <param name="ExpireTime">Until when.</param>
/// <param name="Decision">That allowed it; null when its record is missing.</param>
internal sealed record ExplainedRenewal(DateTimeOffset Time, DateTimeOffset? ExpireTime, ExplainedDecision? Decision);

/// <param name="Resource">What was touched.</param>
/// <param name="Uses">How often.</param>
internal sealed record TouchedResource(string Resource, int Uses);
