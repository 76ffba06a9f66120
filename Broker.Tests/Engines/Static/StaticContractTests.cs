using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>With a rotation that is exclusive: the only way in which a static secret can be taken back.</summary>
internal sealed class StaticContractTests : CredentialEngineContract
{
    private const string TargetPath = "targets/static-target/settings";
    private const string GrantPath = "grants/static-grant/settings";

    private static readonly string[] _accounts = [.. Enumerable.Range(1, 30).Select(i => $"account-{i}")];

    private readonly LegacySystem _system = new();
    private readonly SeededType _type;

    public StaticContractTests() => _type = new SeededType(_system, _accounts);

    protected override ICredentialEngineType Type => _type;

    protected override Target Target => _system.Target(
        new { command = _system.HookCommand, fields = new[] { "password" }, length = 40, exclusive = true }, olderKeys: [_system.KeyFile]);

    protected override Grant Grant { get; } = TestLeases.Grant("static", new { secrets = _accounts, fields = new[] { "password" } });

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("nothing", $"{TargetPath}/encryption_key", $"{GrantPath}/secrets")
        {
            ChangeTarget = t => t.Clear(),
            ChangeGrant = g => g.Clear(),
        },
        new("an inline key", $"{TargetPath}/encryption_key") { ChangeTarget = t => t["encryption_key"] = "hunter2" },
        new("a key from two places", $"{TargetPath}/encryption_key") { ChangeTarget = t => t["encryption_key"]!["env"] = "KEY" },
        new("an old key from nowhere", $"{TargetPath}/old_encryption_keys/0") { ChangeTarget = t => t["old_encryption_keys"]![0]!.AsObject().Clear() },
        new("too many old keys", $"{TargetPath}/old_encryption_keys")
        {
            ChangeTarget = t => t["old_encryption_keys"] = new JsonArray([.. Enumerable.Range(0, 9).Select(i => new JsonObject { ["file"] = $"/{i}" })]),
        },
        new("a rotation without its command", $"{TargetPath}/rotation/command") { ChangeTarget = t => t["rotation"] = new JsonObject() },
        new("a command that is looked for", $"{TargetPath}/rotation/command")
        {
            ChangeTarget = t => t["rotation"]!["command"] = new JsonArray("rotate.sh"),
        },
        new("a new value that can be guessed", $"{TargetPath}/rotation/length") { ChangeTarget = t => t["rotation"]!["length"] = 8 },
        new("no field to renew", $"{TargetPath}/rotation/fields") { ChangeTarget = t => t["rotation"]!["fields"] = new JsonArray() },
        new("a field that is none", $"{TargetPath}/rotation/fields") { ChangeTarget = t => t["rotation"]!["fields"] = new JsonArray("a b") },
        new("a name that is none", $"{GrantPath}/secrets") { ChangeGrant = g => g["secrets"] = new JsonArray("a/b") },
        new("a name twice", $"{GrantPath}/secrets") { ChangeGrant = g => g["secrets"] = new JsonArray("a", "a") },
        new("a field of a grant that is none", $"{GrantPath}/fields") { ChangeGrant = g => g["fields"] = new JsonArray("a b") },
        new("fields of a grant that no rotation renews", $"{GrantPath}/fields") { ChangeGrant = g => g["fields"] = new JsonArray("username") },
        new("a rotation that renews none of a grant's fields", $"{GrantPath}/fields")
        {
            ChangeTarget = t => t["rotation"]!["fields"] = new JsonArray("key", "token"),
        },
        new("several secrets that all would share", $"{GrantPath}/secrets") { ChangeTarget = t => t.Remove("rotation") },
    ];

    [OneTimeTearDown]
    public void RemoveSystem() => _system.Dispose();

    protected override CredentialInput Input() => new CredentialInput.Static();

    protected override Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken) =>
        Task.FromResult(_type.LogsIn(target, (StaticCredential)credential));
}
