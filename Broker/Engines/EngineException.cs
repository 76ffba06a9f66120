namespace SecretsBroker.Engines;

/// <summary>A target failed. The message says which target and which step, in the broker's words, never in the target's.</summary>
internal class EngineException(string message, bool isTransient, Exception? innerException = null)
    : BrokerException(message, innerException)
{
    public override bool IsTransient { get; } = isTransient;

    public override string Reason => "TARGET_UNAVAILABLE";
}

/// <summary>What the caller sent for the engine cannot be used. The message is shown to the caller: which field, which rule.</summary>
internal sealed class CredentialInputException(string message) : BrokerException(message)
{
    public override bool IsTransient => false;

    public override string Reason => "INVALID_CREDENTIAL_INPUT";
}

/// <summary>The target has nothing to give just now, and has made nothing; somebody who comes later may be served.</summary>
internal sealed class TargetBusyException(string message) : BrokerException(message)
{
    public override bool IsTransient => true;

    public override string Reason => "TARGET_BUSY";
}
