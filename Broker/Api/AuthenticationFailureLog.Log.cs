using SecretsBroker.Identity;

namespace SecretsBroker.Api;

internal sealed partial class AuthenticationFailureLog
{
    [LoggerMessage(
        LogLevel.Warning,
        "{Method} refused to {SourceAddress}: {Fault} (authority \"{Authority}\"; {Unlogged} more of this cause since it was last said)")]
    private partial void LogRefused(string method, string sourceAddress, AuthenticationFault fault, string authority, int unlogged);

    [LoggerMessage(LogLevel.Error, "{Method} has no authorization rule and is refused to everybody ({Unlogged} more since this was last said)")]
    private partial void LogNoRule(string method, int unlogged);
}
