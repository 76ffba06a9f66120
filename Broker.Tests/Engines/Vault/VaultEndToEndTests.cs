using SecretsBroker.Client;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Engines.Vault;

/// <summary>From an agent's client library to the server, and back.</summary>
internal sealed class VaultEndToEndTests
{
    [Test]
    public async Task Agent_uses_a_dynamic_secret_until_its_task_is_done()
    {
        await using var vault = await TestVault.StartAsync();
        await using var broker = await TestBroker.StartAsync(options => options.Catalog = $$"""
            targets:
              - name: vault
                engine: vault
                timeout: 1m
                settings:
                  url: "{{vault.Server.Url}}"
                  approle: { role_id: {{VaultServer.RoleId}}, secret_id: { file: "{{vault.SecretIdFile}}" } }
            grants:
              - name: read-invoices
                action: read
                resource: vault/invoices
                target: vault
                default_ttl: 2m
                max_ttl: 10m
                settings:
                  path: {{VaultServer.InvoicesPath}}
                  policies: [invoices-read]
            """);
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("read invoices");

        var lease = await task.AcquireAsync("read", "vault/invoices", new LeaseOptions { Credential = CredentialRequests.Vault() });

        var fields = lease.Secret.Vault.Fields;
        Assert.That(vault.Server.LetsIn(fields["username"], fields["password"]), Is.True);

        await task.CompleteAsync(TaskOutcome.Succeeded);

        Assert.That(vault.Server.LetsIn(fields["username"], fields["password"]), Is.False);
        Assert.That(vault.Server.With(state => state.Roles.Count + state.Leases.Count), Is.Zero);
        Assert.That(await File.ReadAllTextAsync(broker.AuditFile), Does.Not.Contain(fields["password"]));
    }
}
