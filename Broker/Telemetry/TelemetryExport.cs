using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace SecretsBroker.Telemetry;

/// <summary>Holds the exporting providers for as long as the host runs, and sends what is left when it stops.</summary>
internal sealed class TelemetryExport(MeterProvider meters, TracerProvider tracers) : IHostedLifecycleService, IDisposable
{
    /// <summary>A collector that is away must not hold up the stop.</summary>
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(5);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // After every other service has stopped, so that their last words are sent too.
    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        var limit = (int)FlushLimit.TotalMilliseconds;
        return Task.WhenAll(
            Task.Run(() => meters.Shutdown(limit), CancellationToken.None),
            Task.Run(() => tracers.Shutdown(limit), CancellationToken.None));
    }

    public void Dispose()
    {
        meters.Dispose();
        tracers.Dispose();
    }
}
