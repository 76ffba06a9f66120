using Grpc.Core;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Engines.External;

/// <summary>What a failed call to an engine means. Its words go no further.</summary>
internal static class EngineFailure
{
    /// <param name="target">The target's name.</param>
    /// <param name="step">What was being done: <c>issuing</c>.</param>
    /// <param name="e">The failure.</param>
    public static EngineException Translate(string target, string step, RpcException e) =>
        FindRefusal(e) is { } refusal
            ? new EngineException($"target {target}: {refusal.Message}", isTransient: false)
            : new EngineException($"target {target}: {step} ended with {e.StatusCode}", IsTransient(e.StatusCode));

    public static EngineProcessFailure Classify(RpcException e) => FindRefusal(e) is not null
        ? EngineProcessFailure.NotTrusted
        : e.StatusCode switch
        {
            StatusCode.Unavailable => EngineProcessFailure.Unreachable,
            StatusCode.DeadlineExceeded => EngineProcessFailure.NotInTime,
            _ => EngineProcessFailure.Status,
        };

    private static bool IsTransient(StatusCode status) => status is
        StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Aborted or StatusCode.Cancelled
        or StatusCode.Internal or StatusCode.Unknown;

    private static EngineSocketException? FindRefusal(Exception? e)
    {
        while (e is not (null or EngineSocketException))
        {
            e = e.InnerException;
        }

        return e as EngineSocketException;
    }
}
