using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using SecretsBroker.Engines;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>The broker's side of an external engine, beside a <see cref="TestEngine"/> that each test may let behave as it likes.</summary>
internal abstract class ExternalEngineFixture
{
    protected const string Canary = "canary-7c1d";

    private TemporaryFolder _folder = null!;
    private CancellationTokenSource _end = null!;
    private MeasuredBroker _measured = null!;

    /// <summary>The one in a process of its own; here on a socket of this one.</summary>
    protected TestEngine Process { get; private set; } = null!;

    /// <summary>The broker's.</summary>
    protected ICredentialEngine Engine { get; private set; } = null!;

    protected CancellationToken Token => _end.Token;

    protected string SecretFile => Path.Combine(_folder.Path, "admin");

    [SetUp]
    public async Task StartAsync()
    {
        _end = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        _folder = new TemporaryFolder();
        _measured = new MeasuredBroker();
        Process = await TestEngine.StartAsync(Path.Combine(_folder.Path, "engine.sock"));
        Engine = EngineOf();
    }

    [TearDown]
    public async Task StopAsync()
    {
        await Engine.DisposeAsync();
        await Process.DisposeAsync();
        _measured.Dispose();
        _folder.Dispose();
        _end.Dispose();
    }

    protected async Task<EngineException> FailureOfAsync() =>
        (await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(TestExternal.Request(), Token)))!;

    protected ICredentialEngine EngineOf(Action<JsonObject>? change = null, TimeSpan? timeout = null, TimeProvider? time = null)
    {
        var target = TestExternal.Target(Process.Socket, SecretFile, timeout);
        var settings = JsonObject.Create(target.Settings)!;
        change?.Invoke(settings);
        return TestExternal.TypeOf(_measured, time).Create(target with { Settings = JsonSerializer.SerializeToElement(settings) });
    }

    /// <summary>For which reasons something was counted as failed, in order.</summary>
    protected IEnumerable<string?> Counted() => _measured.Measured
        .Where(one => one.Name == TelemetryNames.Metrics.EngineProcessFailures && one.Tags[TelemetryNames.Attributes.Target] == "external-target")
        .Select(one => one.Tags[TelemetryNames.Attributes.Reason]);

    protected static ByteString Bytes(string text) => ByteString.CopyFrom(text, Encoding.UTF8);
}
