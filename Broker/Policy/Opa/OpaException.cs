namespace SecretsBroker.Policy.Opa;

/// <summary>The policy server could not be asked, or its answer is none.</summary>
/// <param name="message">What is wrong with it; nothing that it says itself.</param>
/// <param name="innerException">The cause.</param>
internal sealed class OpaException(string message, Exception? innerException = null) : BrokerException(message, innerException)
{
    public override bool IsTransient => true;

    public override string Reason => "POLICY_SERVER_UNAVAILABLE";
}
