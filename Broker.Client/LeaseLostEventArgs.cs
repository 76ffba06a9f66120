using SecretsBroker.V1;

namespace SecretsBroker.Client;

/// <summary>A lease was taken away.</summary>
public sealed class LeaseLostEventArgs(EndCause cause) : EventArgs
{
    /// <summary>Why; unspecified when the broker could not be asked.</summary>
    public EndCause Cause { get; } = cause;
}
