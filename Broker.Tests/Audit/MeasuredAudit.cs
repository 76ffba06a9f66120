using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SecretsBroker.Audit;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Audit;

/// <summary>A log for whose warning level no disk is large enough, and what it measures.</summary>
internal sealed class MeasuredAudit : IDisposable
{
    private readonly MeasuredBroker _broker = new();
    private readonly BrokerTracing _tracing = new();

    public MeasuredAudit(AuditFolder folder)
    {
        var options = folder.Options();
        options.LowDiskBytes = long.MaxValue;
        Log = new AuditLog(
            Options.Create(options), DiskAuditFile.Open, _broker.Metrics, _tracing, TimeProvider.System, NullLogger<AuditLog>.Instance);
        Log.Start();
    }

    public AuditLog Log { get; }

    public double Last(string name) => _broker.Measured.Last(measured => measured.Name == name).Value;

    public void Dispose()
    {
        _broker.Dispose();
        _tracing.Dispose();
    }
}
