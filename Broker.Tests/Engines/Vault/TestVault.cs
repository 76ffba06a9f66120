using System.Text.Json;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Vault;
using SecretsBroker.Leases;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.Vault;

/// <summary>A server of one test's own, and an engine that logs in there.</summary>
internal sealed class TestVault : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TimeProvider _time;

    private TestVault(VaultServer server, TimeProvider time)
    {
        (Server, _time) = (server, time);
        File.WriteAllText(SecretIdFile, server.SecretId);
        Engine = EngineOf(Target());
    }

    public VaultServer Server { get; }

    public ICredentialEngine Engine { get; }

    public string SecretIdFile => Path.Combine(_folder.Path, "secret-id");

    public static async Task<TestVault> StartAsync(TimeProvider? time = null) =>
        new(await VaultServer.StartAsync(time), time ?? TimeProvider.System);

    public Target Target(string? url = null, TimeSpan? timeout = null) => new(
        "vault-target",
        "vault",
        JsonSerializer.SerializeToElement(new
        {
            url = url ?? Server.Url,
            approle = new { role_id = VaultServer.RoleId, secret_id = new { file = SecretIdFile } },
        }),
        8,
        timeout ?? TimeSpan.FromSeconds(60));

    public static Grant Grant(object? settings = null) =>
        TestLeases.Grant("vault", settings ?? new { path = VaultServer.InvoicesPath, policies = new[] { "invoices-read" } });

    public ICredentialEngine EngineOf(Target target) => new VaultEngineType(_time).Create(target);

    public IssueRequest Request(Grant? grant = null, TimeSpan? timeToLive = null) => TestLeases.Request(
        grant ?? Grant(), new CredentialInput.Vault(), _time.GetUtcNow() + (timeToLive ?? TimeSpan.FromMinutes(5)));

    public static Lease LeaseOf(IssueRequest request, Credential? credential) =>
        TestLeases.LeaseOf(request) with { Handle = credential?.Handle ?? "" };

    public bool LetsIn(VaultCredential credential) =>
        Server.LetsIn(credential.Fields["username"].Reveal(), credential.Fields["password"].Reveal());

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
