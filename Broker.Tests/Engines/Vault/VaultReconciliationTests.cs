using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Reconciliation;

namespace SecretsBroker.Tests.Engines.Vault;

/// <summary>Dynamic secrets of leases that a broker forgot.</summary>
internal sealed class VaultReconciliationTests
{
    private const string Resource = "vault/invoices";

    [Test]
    public async Task Secrets_of_a_store_that_was_lost_are_revoked_and_others_stay()
    {
        await using var vault = await TestVault.StartAsync();
        var first = await BrokerUnderTest.StartAsync(new Sandbox(Catalog(vault), ReconcilingOperator.Policies), adapt: null, ReconcilingOperator.Settings);
        var lost = await IssueAsync(first);
        await using var broker = await LostStore.StartWithoutAsync(first);
        var live = await IssueAsync(broker);

        var report = await broker.ReconcileAsync("vault");

        Assert.That((report.OrphanCount, report.RemovedCount, report.MissingCount), Is.EqualTo((2, 2, 0)));
        Assert.That(lost.Select(LetsIn), Is.All.False);
        Assert.That(live.Select(LetsIn), Is.All.True);

        bool LetsIn(SecretsBroker.V1.VaultCredential secret) => vault.Server.LetsIn(secret.Fields["username"], secret.Fields["password"]);
    }

    private static async Task<SecretsBroker.V1.VaultCredential[]> IssueAsync(BrokerUnderTest broker)
    {
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        return [(await agent.IssueAsync(task, Resource)).Secret.Vault, (await agent.IssueAsync(task, Resource)).Secret.Vault];
    }

    private static object Catalog(TestVault vault) => new
    {
        targets = (object[])
        [
            new
            {
                name = "vault", engine = "vault", timeout = "1m",
                settings = new { url = vault.Server.Url, approle = new { role_id = VaultServer.RoleId, secret_id = new { file = vault.SecretIdFile } } },
            },
        ],
        grants = (object[])
        [
            new
            {
                name = "read-invoices", action = "read", resource = Resource, target = "vault", default_ttl = "10m", max_ttl = "1h",
                settings = new { path = VaultServer.InvoicesPath, policies = (string[])["invoices-read"] },
            },
        ],
    };
}
