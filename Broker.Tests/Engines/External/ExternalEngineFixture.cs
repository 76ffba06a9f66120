using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using SecretsBroker.Engines;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>The broker's side of an external engine, beside a <see cref="TestEngine"/> that each test may let behave as it likes.</summary>
internal abstract class ExternalEngineFixture
{
    protected const string Canary = "canary-7c1d";

    private TemporaryFolder _folder = null!;
    private CancellationTokenSource _end = null!;

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
        Process = await TestEngine.StartAsync(Path.Combine(_folder.Path, "engine.sock"));
        Engine = EngineOf();
    }

    [TearDown]
    public async Task StopAsync()
    {
        await Engine.DisposeAsync();
        await Process.DisposeAsync();
        _folder.Dispose();
        _end.Dispose();
    }

    protected async Task<EngineException> FailureOfAsync() =>
        (await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(TestExternal.Request(), Token)))!;

    protected ICredentialEngine EngineOf(Action<JsonObject>? change = null, TimeSpan? timeout = null)
    {
        var target = TestExternal.Target(Process.Socket, SecretFile, timeout);
        var settings = JsonObject.Create(target.Settings)!;
        change?.Invoke(settings);
        return TestExternal.Type.Create(target with { Settings = JsonSerializer.SerializeToElement(settings) });
    }

    protected static ByteString Bytes(string text) => ByteString.CopyFrom(text, Encoding.UTF8);
}
