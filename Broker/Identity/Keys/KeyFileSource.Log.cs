namespace SecretsBroker.Identity.Keys;

internal sealed partial class KeyFileSource
{
    [LoggerMessage(LogLevel.Information, "Keys of {Authority} read from {Path}: {Count} keys, sequence {Sequence}")]
    private partial void LogLoaded(string authority, string path, int count, long? sequence);

    [LoggerMessage(LogLevel.Warning, "Key file {Path} of {Authority} holds no usable key: nobody of it is believed any more")]
    private partial void LogEmptied(string authority, string path);

    [LoggerMessage(
        LogLevel.Error, "Key file {Path} of {Authority} was refused: {Rule}. The {Count} keys read before stay in force")]
    private partial void LogRejected(string authority, string path, string rule, int count);

    [LoggerMessage(
        LogLevel.Error, "Key file {Path} of {Authority} cannot be read ({Error}). The {Count} keys read before stay in force")]
    private partial void LogUnreadable(string authority, string path, string error, int count);
}
