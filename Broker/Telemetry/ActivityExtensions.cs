using System.Diagnostics;

namespace SecretsBroker.Telemetry;

internal static class ActivityExtensions
{
    /// <summary>
    /// Marks a span as failed. Only the broker's own reason or the exception's type is kept: a message may hold what a target said.
    /// </summary>
    public static void Fail(this Activity? activity, Exception exception) =>
        activity?
            .SetStatus(ActivityStatusCode.Error)
            .SetTag(TelemetryNames.Attributes.ErrorType, exception is BrokerException known ? known.Reason : exception.GetType().FullName);
}
