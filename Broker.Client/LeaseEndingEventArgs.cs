namespace SecretsBroker.Client;

/// <summary>A lease ends soon.</summary>
public sealed class LeaseEndingEventArgs(DateTimeOffset expireTime) : EventArgs
{
    /// <summary>When, by the broker's clock.</summary>
    public DateTimeOffset ExpireTime { get; } = expireTime;
}
