namespace SecretsBroker.Identity.Keys;

internal abstract partial class FetchedKeySource
{
    [LoggerMessage(LogLevel.Debug, "Keys of {Authority} fetched: {Count} keys")]
    private partial void LogLoaded(string authority, int count);

    [LoggerMessage(LogLevel.Warning, "{Authority} publishes no usable key: nobody of it is believed any more")]
    private partial void LogEmptied(string authority);

    [LoggerMessage(
        LogLevel.Warning, "Keys of {Authority} could not be fetched, attempt {Attempt}: {Fault}. The {Count} keys fetched before stay in force")]
    private partial void LogFailed(string authority, int attempt, string fault, int count);
}
