namespace SecretsBroker.Audit.Reading;

/// <summary>
/// What came of it, in one word that can be asked for: <c>allowed</c>, <c>denied</c>, <c>refused</c>, <c>violation</c>; of the end of a lease
/// its cause, of other records their outcome, in lower case.
/// </summary>
internal static class RecordOutcome
{
    public static string Of(AuditRecord record) => record switch
    {
        { Type: AuditEventType.Refused } => "refused",
        { Type: AuditEventType.Used, Allowed: false } => "violation",
        { Type: AuditEventType.Used } => record.Outcome.ToLowerInvariant(),
        { Allowed: true } => "allowed",
        { Allowed: false } => "denied",
        { Outcome.Length: > 0 } => record.Outcome.ToLowerInvariant(),
        _ => record.Cause.ToLowerInvariant(),
    };
}
