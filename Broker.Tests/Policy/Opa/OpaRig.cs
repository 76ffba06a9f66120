using SecretsBroker.Policy;
using SecretsBroker.Policy.Opa;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Policy.Opa;

/// <summary>The engine as a broker has it, and what it has measured.</summary>
internal sealed class OpaRig : IDisposable
{
    private readonly MeasuredBroker _measured = new();
    private readonly BrokerTracing _tracing = new();
    private readonly OpaClient _client;

    public OpaRig(string address, Action<OpaOptions>? adapt = null, TimeProvider? time = null)
    {
        // Far away, so that a busy machine does not make a test time out that is about something else.
        var options = new OpaOptions { Address = address, Timeout = TimeSpan.FromSeconds(30) };
        adapt?.Invoke(options);
        Assert.That(new OpaOptionsValidator().Validate(name: null, options).Failures, Is.Null.Or.Empty);
        _client = new OpaClient(options, time ?? TimeProvider.System);
        Engine = new OpaPolicyEngine(_client, _measured.Metrics, _tracing);
    }

    public OpaPolicyEngine Engine { get; }

    /// <summary>Failed calls of the policy server.</summary>
    public int Failures => _measured.Measured.Count(measured =>
        measured.Name == TelemetryNames.Metrics.ExternalFailures
        && measured.Tags[TelemetryNames.Attributes.System] == "policy_server");

    public async Task<PolicyAnswer> AskAsync(PolicyQuestion? question = null) => await Engine.DecideAsync(question ?? Questions.Full(), default);

    /// <summary>Asks what is to fail, and be counted.</summary>
    /// <returns>What is told of it.</returns>
    public async Task<string> FailAsync()
    {
        var before = Failures;
        var failure = await Assert.ThrowsAsync<OpaException>(() => AskAsync());
        Assert.That(Failures, Is.EqualTo(before + 1));
        return failure!.Message;
    }

    public void Dispose()
    {
        _client.Dispose();
        _tracing.Dispose();
        _measured.Dispose();
    }
}
