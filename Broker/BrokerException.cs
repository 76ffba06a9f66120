namespace SecretsBroker;

/// <summary>A failure, as opposed to an expected outcome such as a denial. Its message is for operators; callers never see it.</summary>
/// <param name="message">What happened and to what. Never a secret, never what a target said.</param>
/// <param name="innerException">The cause, kept for logs that strip its message.</param>
internal abstract class BrokerException(string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Whether the same call may succeed later without anybody changing anything.</summary>
    public abstract bool IsTransient { get; }

    /// <summary>A short upper-case reason for callers, such as <c>STORE_UNAVAILABLE</c>.</summary>
    public abstract string Reason { get; }
}
