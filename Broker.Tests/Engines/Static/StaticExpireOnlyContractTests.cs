using System.Security.Cryptography;
using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>As it is without more: a value that the broker keeps, and no way to have the target take another.</summary>
internal sealed class StaticExpireOnlyContractTests : ExpireOnlyContract
{
    private readonly SharedAccount _account = new();

    protected override ICredentialEngineType Type => _account.Type;

    protected override Target Target => _account.Target();

    protected override Grant Grant => SharedAccount.Grant;

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("several secrets that all would share", "grants/static-grant/settings/secrets") { ChangeGrant = g => g["secrets"] = new JsonArray("a", "b") },
    ];

    protected override bool Renews => true;

    [OneTimeTearDown]
    public void RemoveAccount() => _account.Dispose();

    protected override CredentialInput Input() => new CredentialInput.Static();

    protected override Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken) =>
        Task.FromResult(_account.Accepts(target, credential));

    /// <summary>No time ends what somebody knows.</summary>
    protected override bool NamesEnd(string proof, DateTimeOffset leaseEnd) => proof.EndsWith("stays known to its holder", StringComparison.Ordinal);

    protected override Task ReachEndAsync() =>
        _account.Type.PutAsync((StaticEngine)Engine, Target, SharedAccount.Name, RandomNumberGenerator.GetHexString(32));
}
