namespace SecretsBroker.Identity.WorkloadApi;

internal sealed partial class WorkloadApiFeed
{
    [LoggerMessage(LogLevel.Information, "The agent gave the listener's certificate, valid until {EndTime:O}")]
    private partial void LogSvid(DateTimeOffset endTime);

    [LoggerMessage(LogLevel.Error, "What the agent gave for the listener's certificate was refused: {Rule}. The one before stays until it expires")]
    private partial void LogSvidRefused(string rule);

    [LoggerMessage(LogLevel.Information, "The agent gave {Kind} bundles of {Count} trust domains")]
    private partial void LogBundles(string kind, int count);

    [LoggerMessage(LogLevel.Error, "The agent's {Kind} bundle of {TrustDomain} was refused: {Rule}. The one before stays in force")]
    private partial void LogBundleRefused(string kind, string trustDomain, string rule);

    [LoggerMessage(LogLevel.Warning, "The agent's stream of {What} broke ({Cause}) and is opened again; what is in force stays so meanwhile")]
    private partial void LogLost(string what, string cause);

    [LoggerMessage(LogLevel.Error,
        "The agent has refused the stream of {What} for {Time}, and what it sent before is in force no more; is this process registered there?")]
    private partial void LogWithdrawn(string what, TimeSpan time);
}
