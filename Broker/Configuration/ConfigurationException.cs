namespace SecretsBroker.Configuration;

/// <summary>The broker cannot run with what it was given. Every fault that was found, each with its place.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> faults, Exception? innerException = null)
    : BrokerException(string.Join(Environment.NewLine, faults), innerException)
{
    public IReadOnlyList<string> Faults { get; } = faults;

    public override bool IsTransient => false;

    public override string Reason => "CONFIGURATION";
}
