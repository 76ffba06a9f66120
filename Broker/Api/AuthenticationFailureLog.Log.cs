using SecretsBroker.Identity;

namespace SecretsBroker.Api;

internal sealed partial class AuthenticationFailureLog
{
    [LoggerMessage(
        LogLevel.Warning,
        "{Method} refused to {SourceAddress}: {Fault} (authority \"{Authority}\"; {Unlogged} more of this cause since it was last said)")]
    private partial void LogRefused(string method, string sourceAddress, AuthenticationFault fault, string authority, int unlogged);

    [LoggerMessage(
        LogLevel.Warning,
        "{Method} of {Caller} refused: initiator token {Fault} (authority \"{Authority}\"; {Unlogged} more of this cause since it was last said)")]
    private partial void LogInitiatorRefused(string method, WorkloadId caller, AuthenticationFault fault, string authority, int unlogged);

    [LoggerMessage(LogLevel.Error, "{Method} has no authorization rule and is refused to everybody ({Unlogged} more since this was last said)")]
    private partial void LogNoRule(string method, int unlogged);
}
