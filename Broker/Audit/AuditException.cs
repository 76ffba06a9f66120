namespace SecretsBroker.Audit;

/// <summary>The audit log could not be written.</summary>
internal sealed class AuditException(string message, Exception? innerException = null)
    : BrokerException(message, innerException)
{
    public override bool IsTransient => true;

    public override string Reason => "AUDIT_UNAVAILABLE";
}
