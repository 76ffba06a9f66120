namespace SecretsBroker.Identity.Keys;

internal sealed partial class KeyFileSource
{
    [LoggerMessage(LogLevel.Information, "Keys of {Authority} read from {Path}: {Count} keys, sequence {Sequence}")]
    private partial void LogLoaded(string authority, string path, int count, long? sequence);

    [LoggerMessage(LogLevel.Information, "Key file {Path} of {Authority} is again the one whose {Count} keys are in force")]
    private partial void LogBack(string authority, string path, int count);

    [LoggerMessage(LogLevel.Warning, "Key file {Path} of {Authority} holds no usable key: nobody of it is believed any more")]
    private partial void LogEmptied(string authority, string path);

    [LoggerMessage(
        LogLevel.Error, "Key file {Path} of {Authority} was refused: {Reason}. The {Count} keys read before stay in force")]
    private partial void LogRefused(string authority, string path, string reason, int count);
}
