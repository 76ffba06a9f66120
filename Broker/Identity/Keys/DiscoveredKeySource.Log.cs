namespace SecretsBroker.Identity.Keys;

internal sealed partial class DiscoveredKeySource
{
    [LoggerMessage(LogLevel.Debug, "Keys of {Issuer} fetched: {Count} keys")]
    private partial void LogLoaded(string issuer, int count);

    [LoggerMessage(LogLevel.Warning, "The issuer {Issuer} publishes no usable key: nobody of it is believed any more")]
    private partial void LogEmptied(string issuer);

    [LoggerMessage(
        LogLevel.Warning, "Keys of {Issuer} could not be fetched, attempt {Attempt}: {Fault}. The {Count} keys fetched before stay in force")]
    private partial void LogFailed(string issuer, int attempt, string fault, int count);
}
