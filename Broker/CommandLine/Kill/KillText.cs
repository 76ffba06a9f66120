using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Kill;

/// <summary>Orders in words.</summary>
internal static class KillText
{
    public static string Of(KillSelector selector) => selector.ScopeCase switch
    {
        KillSelector.ScopeOneofCase.All => "everything",
        KillSelector.ScopeOneofCase.Workload => $"workload {selector.Workload}",
        KillSelector.ScopeOneofCase.Task => $"task {selector.Task.TaskId} of {selector.Task.Owner}",
        KillSelector.ScopeOneofCase.Initiator => $"initiator {selector.Initiator}",
        KillSelector.ScopeOneofCase.Grant => $"grant {selector.Grant}",
        KillSelector.ScopeOneofCase.Engine => $"engine {selector.Engine}",
        KillSelector.ScopeOneofCase.Target => $"target {selector.Target}",
        KillSelector.ScopeOneofCase.Resource => $"resource {selector.Resource}",
        _ => "something that this command does not know",
    };

    public static string Of(Duration? duration) => duration?.ToTimeSpan() switch
    {
        null => "-",
        { TotalSeconds: < 10 } brief => string.Create(CultureInfo.InvariantCulture, $"{brief.TotalMilliseconds:0} ms"),
        { } span => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s"),
    };

    public static string Of(Timestamp time) => time.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
