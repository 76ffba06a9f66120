namespace SecretsBroker.Audit.Reading;

/// <param name="Entry">The record.</param>
/// <param name="Line">The line that it stands on, as it was written, without its line feed.</param>
internal sealed record FoundRecord(AuditEntry Entry, string Line);

/// <param name="Records">What was asked for, by broker and in the order of the records.</param>
/// <param name="Coverage">What was read for it.</param>
/// <param name="Next">Where to go on; null when all was read.</param>
internal sealed record AuditPage(IReadOnlyList<FoundRecord> Records, AuditCoverage Coverage, AuditPosition? Next)
{
    /// <summary>The files in which the page before ended are not there any more.</summary>
    public static AuditPage Lost { get; } = new([], AuditCoverage.Nothing, Next: null);
}
