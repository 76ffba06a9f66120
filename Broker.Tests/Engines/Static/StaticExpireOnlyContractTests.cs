using System.Security.Cryptography;
using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>As it is without more: a value that the broker keeps, and no way to have the target take another.</summary>
internal sealed class StaticExpireOnlyContractTests : ExpireOnlyContract
{
    private const string Account = "crm-login";

    private readonly LegacySystem _system = new();
    private readonly SeededType _type;

    public StaticExpireOnlyContractTests() => _type = new SeededType(_system, [Account]);

    protected override ICredentialEngineType Type => _type;

    protected override Target Target => _system.Target(olderKeys: [_system.KeyFile]);

    protected override Grant Grant { get; } = TestLeases.Grant("static", new { secrets = new[] { Account }, fields = new[] { "password" } });

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("several secrets that all would share", "grants/static-grant/settings/secrets") { ChangeGrant = g => g["secrets"] = new JsonArray("a", "b") },
    ];

    protected override bool Renews => true;

    [OneTimeTearDown]
    public void RemoveSystem() => _system.Dispose();

    protected override CredentialInput Input() => new CredentialInput.Static();

    protected override Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken) =>
        Task.FromResult(_type.LogsIn(target, (StaticCredential)credential));

    /// <summary>No time ends what somebody knows.</summary>
    protected override bool NamesEnd(string proof, DateTimeOffset leaseEnd) => proof.EndsWith("stays known to its holder", StringComparison.Ordinal);

    protected override Task ReachEndAsync() => _type.PutAsync((StaticEngine)Engine, Target, Account, RandomNumberGenerator.GetHexString(32));
}
