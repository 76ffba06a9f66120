namespace SecretsBroker.Identity.Dev;

/// <summary>The development issuer cannot do what was asked; the message is for the person at the command line.</summary>
internal sealed class DevIssuerException(string message) : BrokerException(message)
{
    public override bool IsTransient => false;

    public override string Reason => "DEVELOPMENT_ISSUER";
}
