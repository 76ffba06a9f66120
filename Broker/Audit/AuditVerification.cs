namespace SecretsBroker.Audit;

/// <summary>How a chain was broken.</summary>
internal enum AuditBreakKind
{
    /// <summary>A line does not match its hash, or the hash that the next line expects.</summary>
    Edited,

    /// <summary>Records are missing.</summary>
    Removed,

    /// <summary>A record stands there twice, or one that does not belong there.</summary>
    Inserted,

    /// <summary>Records have changed places.</summary>
    Reordered,

    /// <summary>A signed checkpoint says that the chain went further.</summary>
    CutTail,

    /// <summary>A checkpoint's signature is not that of the chain before it, or not of a known key.</summary>
    BadSignature,
}

/// <param name="Kind">How.</param>
/// <param name="File">In which file.</param>
/// <param name="Line">The first bad line, from 1; zero when the fault is at the end.</param>
/// <param name="Text">For a reader.</param>
internal sealed record AuditBreak(AuditBreakKind Kind, string File, long Line, string Text);

/// <summary>What verifying found. Counts go as far as the chain holds.</summary>
internal sealed record AuditVerification
{
    /// <summary>Null when the chain holds.</summary>
    public AuditBreak? Break { get; init; }

    public bool IsIntact => Break is null;

    /// <summary>In the order in which they were read.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    public required long Records { get; init; }

    public required long FirstSequence { get; init; }

    public required long LastSequence { get; init; }

    /// <summary>The hash of the last good record.</summary>
    public required string Head { get; init; }

    public required IReadOnlyDictionary<string, long> CountByType { get; init; }

    /// <summary>The last checkpoint whose signature was checked and holds; null when there was none.</summary>
    public AuditEntry? LastCheckpoint { get; init; }

    /// <summary>Records behind it, which no signature covers yet.</summary>
    public required long RecordsAfterCheckpoint { get; init; }

    /// <summary>Bytes of a last line that is not finished: being written now, or left by a crash. Never acknowledged.</summary>
    public long TornBytes { get; init; }

    /// <summary>The keys that signatures were checked with: compare them with what you noted elsewhere.</summary>
    public required IReadOnlyCollection<string> KeyIds { get; init; }

    /// <summary>What could not be checked, and why.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <param name="PublicKeyFile">Keys to trust (PEM); null for those beside the log.</param>
/// <param name="AllowMissingStart">Older files were moved away: begin with the first record that is there.</param>
internal sealed record AuditVerifierOptions(string? PublicKeyFile = null, bool AllowMissingStart = false);
