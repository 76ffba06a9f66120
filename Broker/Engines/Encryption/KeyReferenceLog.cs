namespace SecretsBroker.Engines.Encryption;

internal static partial class KeyReferenceLog
{
    [LoggerMessage(LogLevel.Error, "Some of what the key command {Program} of target {Target} started, or of itself, cannot be ended, and may know the key")]
    public static partial void Left(ILogger logger, string program, string target);
}
