using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>With a rotation that is not exclusive, while somebody else holds the same: what a lease knows ends when the last of them does.</summary>
internal sealed class StaticSharedContractTests : ExpireOnlyContract
{
    private readonly SharedAccount _account = new(system => new HeldType(system));

    protected override ICredentialEngineType Type => _account.Type;

    protected override Target Target => _account.Target(rotates: true);

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

    /// <summary>The others' leases, and a rotation after them.</summary>
    protected override bool NamesEnd(string proof, DateTimeOffset leaseEnd) =>
        proof.Contains("until the last lease that holds it ends", StringComparison.Ordinal) || proof.Contains("until it is rotated", StringComparison.Ordinal);

    protected override async Task ReachEndAsync()
    {
        foreach (var holder in (await ((StaticEngine)Engine).Keeper.ListAsync(Token))[SharedAccount.Name].Holders)
        {
            await Engine.RevokeAsync(TestLeases.LeaseOf(Request()) with { Id = LeaseId.Parse(holder.Lease) }, Token);
        }
    }

    /// <summary>At each target somebody else holds the account.</summary>
    private sealed class HeldType(LegacySystem system) : SeededType(system, [SharedAccount.Name])
    {
        private static readonly IssueRequest Other = TestLeases.Request(
            LegacySystem.Grant(SharedAccount.Name), new CredentialInput.Static(), TimeProvider.System.GetUtcNow().AddHours(1));

        protected override async Task SeedAsync(StaticEngine engine, Target target)
        {
            await base.SeedAsync(engine, target);
            using var held = await engine.IssueAsync(Other, CancellationToken.None);
        }
    }
}
