using System.CommandLine;

namespace SecretsBroker.CommandLine.ExternalEngines;

/// <summary><c>broker engine</c>: for those who write engines.</summary>
internal static class ExternalEngineCommand
{
    public static Command Create() => new("engine", "For those who write engines of their own (secretsbroker.engine.v1).")
    {
        TestEngineCommand.Create(),
    };
}
