namespace SecretsBroker.Identity.Dpop;

/// <summary>Nonces can be neither made nor checked: who needs one is refused until their key can be read.</summary>
internal sealed class NonceKeyException(string message) : BrokerException(message)
{
    public override bool IsTransient => true;

    public override string Reason => "NONCE_KEY_UNAVAILABLE";
}
