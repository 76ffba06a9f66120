using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Tests.Telemetry;

/// <summary>One broker's metrics, and what was measured with them.</summary>
internal sealed class MeasuredBroker : IDisposable
{
    private readonly ServiceProvider _services;
    private readonly MeterListener _listener = new();
    private readonly List<Measured> _measured = [];

    public MeasuredBroker(TimeProvider? time = null)
    {
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var factory = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                Published.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
        Metrics = new BrokerMetrics(factory, time ?? TimeProvider.System);
    }

    public BrokerMetrics Metrics { get; }

    public List<Instrument> Published { get; } = [];

    public IReadOnlyList<Measured> Measured
    {
        get
        {
            lock (_measured)
            {
                return [.. _measured];
            }
        }
    }

    public IReadOnlyList<Measured> Observe()
    {
        lock (_measured)
        {
            _measured.Clear();
        }

        _listener.RecordObservableInstruments();
        return Measured;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_measured)
        {
            _measured.Add(new Measured(instrument.Name, value, tags.ToArray().ToDictionary(tag => tag.Key, tag => (string?)tag.Value)));
        }
    }
}

internal sealed record Measured(string Name, double Value, IReadOnlyDictionary<string, string?> Tags);
