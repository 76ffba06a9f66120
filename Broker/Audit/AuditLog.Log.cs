namespace SecretsBroker.Audit;

internal sealed partial class AuditLog
{
    [LoggerMessage(LogLevel.Critical, "The audit log cannot be written: nothing is issued until it can; revocation goes on")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(LogLevel.Information, "The audit log is written again")]
    private partial void LogRecovered();

    [LoggerMessage(LogLevel.Warning, "Cut off {Bytes} bytes behind the last record, which a crash had left; they were never acknowledged")]
    private partial void LogTorn(long bytes);

    [LoggerMessage(LogLevel.Error, "The newest checkpoint could not be kept beside the audit log")]
    private partial void LogCheckpointNotKept(Exception exception);

    [LoggerMessage(LogLevel.Error, "The audit log could not be rotated; it goes on in the same file")]
    private partial void LogNotRotated(Exception exception);

    [LoggerMessage(LogLevel.Warning, "Only {FreeBytes} bytes are left for the audit log in '{Folder}'")]
    private partial void LogDiskLow(long freeBytes, string folder);
}
