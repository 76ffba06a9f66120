using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.External;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.External;

internal sealed class ExternalContractTests : CredentialEngineContract
{
    private const string TargetPath = "targets/external-target/settings";
    private const string GrantPath = "grants/external-grant/settings";

    private readonly TemporaryFolder _folder = new();
    private TestEngine _engine = null!;
    private Target? _target;

    [OneTimeSetUp]
    public async Task StartAsync() => _engine = await TestEngine.StartAsync(Socket);

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    protected override ICredentialEngineType Type => TestExternal.Type;

    // The command is not started: nothing here runs a daemon.
    protected override Target Target => _target ??= With(TestExternal.Target(Socket, Path.Combine(_folder.Path, "admin")), settings =>
    {
        settings["owner"] = (int)EngineSocket.OwnUser();
        settings["command"] = new JsonArray("/usr/bin/false", "--socket", Socket);
        settings["environment"] = new JsonObject { ["LANG"] = "C" };
    });

    protected override Grant Grant { get; } = TestExternal.Grant();

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("nothing", $"{TargetPath}/socket", $"{TargetPath}/revocability") { ChangeTarget = t => t.Clear() },
        new("a path that depends on where the broker runs", $"{TargetPath}/socket") { ChangeTarget = t => t["socket"] = "engine.sock" },
        new("a path that no socket can have", $"{TargetPath}/socket") { ChangeTarget = t => t["socket"] = "/" + new string('a', 107) },
        new("a promise that there is not", $"{TargetPath}/revocability") { ChangeTarget = t => t["revocability"] = "maybe" },
        new("a user by name", $"{TargetPath}/owner") { ChangeTarget = t => t["owner"] = "notes" },
        new("a command for a shell", $"{TargetPath}/command") { ChangeTarget = t => t["command"] = "engine --socket x" },
        new("a program that is searched for", $"{TargetPath}/command") { ChangeTarget = t => t["command"] = new JsonArray("engine") },
        new("an environment without a command", $"{TargetPath}/environment") { ChangeTarget = t => t.Remove("command") },
        new("a variable that would be two", $"{TargetPath}/environment") { ChangeTarget = t => t["environment"] = new JsonObject { ["A=B"] = "c" } },
        new("an inline secret", $"{TargetPath}/secrets/admin") { ChangeTarget = t => t["secrets"]!["admin"] = "hunter2" },
        new("a secret whose name no field can have", $"{TargetPath}/secrets/Admin Password")
        {
            ChangeTarget = t => t["secrets"]!["Admin Password"] = new JsonObject { ["env"] = "A" },
        },
        new("settings for the engine that are a list", $"{TargetPath}/engine_settings", $"{GrantPath}/engine_settings")
        {
            ChangeTarget = t => t["engine_settings"] = new JsonArray(),
            ChangeGrant = g => g["engine_settings"] = new JsonArray(),
        },
        new("settings for the engine that are too long", $"{GrantPath}/engine_settings")
        {
            ChangeGrant = g => g["engine_settings"] = new JsonObject { ["notebooks"] = new string('a', 70_000) },
        },
    ];

    private string Socket => Path.Combine(_folder.Path, "engine.sock");

    protected override CredentialInput Input() =>
        new CredentialInput.External(new SortedDictionary<string, string> { ["format"] = "plain" });

    protected override Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken) =>
        Task.FromResult(_engine.Accounts.Accepts((FieldsCredential)credential));
}
