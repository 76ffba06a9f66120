namespace SecretsBroker.Engines.Keys;

internal static partial class OwnKeyLog
{
    [LoggerMessage(LogLevel.Warning, "The key of target {Target} is not ready, and nothing is published of it: {Reason}")]
    public static partial void NotPrepared(ILogger logger, string target, string reason);
}
