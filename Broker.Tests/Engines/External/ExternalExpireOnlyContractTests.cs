using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Identity;
using Protocol = SecretsBroker.Engine.V1;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>With an engine whose target lets nothing be taken back.</summary>
/// <param name="renewable">What it says of itself.</param>
[TestFixture(true)]
[TestFixture(false)]
internal sealed class ExternalExpireOnlyContractTests(bool renewable) : ExpireOnlyContract
{
    private readonly TemporaryFolder _folder = new();
    private readonly SteppedTime _time = new();
    private TestEngine _engine = null!;
    private Target _target = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await TestEngine.StartAsync(Path.Combine(_folder.Path, "engine.sock"), endsBy: _time);
        (_engine.Description.Revocability, _engine.Description.Lists, _engine.Description.Renewable) = (Protocol.Revocability.ExpireOnly, false, renewable);
        _target = With(
            TestExternal.Target(_engine.Socket, Path.Combine(_folder.Path, "admin")), settings => settings["revocability"] = "expire-only");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Requests are made by the system's clock.</summary>
    [SetUp]
    public void SetTime() => _time.SetTo(TimeProvider.System.GetUtcNow());

    protected override ICredentialEngineType Type => TestExternal.Type;

    protected override Target Target => _target;

    protected override Grant Grant { get; } = TestExternal.Grant();

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("a promise that there is not", "targets/external-target/settings/revocability") { ChangeTarget = t => t["revocability"] = "by time" },
        new("settings for the engine that are a list", "grants/external-grant/settings/engine_settings")
        {
            ChangeGrant = g => g["engine_settings"] = new JsonArray(),
        },
    ];

    protected override bool Renews => renewable;

    protected override CredentialInput Input() => new CredentialInput.External(new SortedDictionary<string, string> { ["format"] = "plain" });

    protected override Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken) =>
        Task.FromResult(_engine.Accounts.Accepts((FieldsCredential)credential));

    protected override Task ReachEndAsync()
    {
        _time.Advance(TimeSpan.FromMinutes(6));
        return Task.CompletedTask;
    }
}
