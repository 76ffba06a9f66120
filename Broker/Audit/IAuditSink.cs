namespace SecretsBroker.Audit;

/// <summary>The audit log of this broker.</summary>
internal interface IAuditSink
{
    /// <summary>Returns when the record is durable. Concurrent calls share one flush.</summary>
    /// <exception cref="AuditException">The record may not be durable; nothing that depends on it may happen.</exception>
    ValueTask AppendAsync(AuditRecord record, CancellationToken cancellationToken);

    /// <summary>
    /// Whether a record of this id is in any log that this broker can read, those of its peers in the same folder included.
    /// For the rare moment when a step is repeated for a broker that died; it reads files.
    /// </summary>
    ValueTask<bool> ContainsAsync(string recordId, CancellationToken cancellationToken);
}
