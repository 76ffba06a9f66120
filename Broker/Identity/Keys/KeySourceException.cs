namespace SecretsBroker.Identity.Keys;

/// <summary>Keys could not be had from where they are kept. Those that were had before stay.</summary>
/// <param name="message">What is wrong with it, to follow its name; nothing that it says itself.</param>
/// <param name="innerException">The cause.</param>
internal sealed class KeySourceException(string message, Exception? innerException = null)
    : BrokerException(message, innerException)
{
    public override bool IsTransient => true;

    public override string Reason => "IDENTITY_KEYS_UNAVAILABLE";
}
