using System.Diagnostics;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Benchmarks.Issue;

/// <summary>Listens to the broker's own spans, and to those of the requests that they belong to.</summary>
internal sealed class SpanListener : IDisposable
{
    public const string Request = "request";

    private const string AspNetCore = "Microsoft.AspNetCore";

    private readonly TimeSpent _times;
    private readonly ActivityListener _listener;

    public SpanListener(TimeSpent times)
    {
        _times = times;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is TelemetryNames.Scope or AspNetCore,
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = Add,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Activity span)
    {
        // A span within one of its own name is the same work told twice.
        if (span.Parent?.OperationName != span.OperationName)
            _times.Add(span.Source.Name == AspNetCore ? Request : span.OperationName, span.Duration);
    }
}
