namespace SecretsBroker.Leases;

/// <summary>The store could not be reached, refused, or did not answer in time.</summary>
internal sealed class StoreException(string message, bool isTransient, Exception? innerException = null)
    : BrokerException(message, innerException)
{
    public override bool IsTransient { get; } = isTransient;

    public override string Reason => "STORE_UNAVAILABLE";
}
