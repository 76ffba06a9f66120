namespace SecretsBroker.Audit;

/// <summary>One line of the audit log.</summary>
internal sealed record AuditEntry
{
    /// <summary>1 for the first record of a broker, and one more for each that follows, across files.</summary>
    public required long Sequence { get; init; }

    /// <summary>The broker's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    public required string Broker { get; init; }

    /// <summary>The hash of the record before; 64 zeros for the first.</summary>
    public required string PreviousHash { get; init; }

    public required string Hash { get; init; }

    /// <summary>As written; <see cref="AuditRecord.Type"/> is zero when this version does not know it.</summary>
    public required string TypeName { get; init; }

    public required AuditRecord Record { get; init; }

    /// <summary>Of a checkpoint: which key signed, and the signature; null otherwise.</summary>
    public CheckpointSignature? Signature { get; init; }
}

/// <param name="KeyId">The first 16 hexadecimal digits of the SHA-256 of the public key (SubjectPublicKeyInfo).</param>
/// <param name="Value">ECDSA P-256 with SHA-256 (IEEE P1363), base64, over <see cref="Checkpoint.Statement"/>.</param>
internal sealed record CheckpointSignature(string KeyId, string Value);
