using System.Net;
using System.Text.Json;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Vault;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.Vault;

/// <summary>Whom the engine takes for the server.</summary>
internal sealed class VaultTlsTests
{
    [Test]
    public async Task Server_of_the_named_authority_gets_the_login_and_no_other()
    {
        using var folder = new TemporaryFolder();
        using var certificate = ServerCertificates.Of(IPAddress.Loopback);
        await using var server = await VaultServer.StartAsync(certificate: certificate);
        var secretId = Path.Combine(folder.Path, "secret-id");
        await File.WriteAllTextAsync(secretId, server.SecretId);
        await using var named = EngineOf(server, secretId, ServerCertificates.Write(folder, certificate));
        await using var unnamed = EngineOf(server, secretId, caFile: null);

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await unnamed.CheckAsync(CancellationToken.None));

        Assert.That(failure!.Message, Is.EqualTo("target vault-target: checking failed: no trusted TLS connection"));
        Assert.That(server.Requests, Is.Empty);
        await named.CheckAsync(CancellationToken.None);
    }

    private static ICredentialEngine EngineOf(VaultServer server, string secretId, string? caFile)
    {
        object approle = new { role_id = VaultServer.RoleId, secret_id = new { file = secretId } };
        var settings = caFile is null
            ? JsonSerializer.SerializeToElement(new { url = server.Url, approle })
            : JsonSerializer.SerializeToElement(new { url = server.Url, approle, tls_ca_file = caFile });
        return new VaultEngineType(TimeProvider.System).Create(new Target("vault-target", "vault", settings, 8, TimeSpan.FromSeconds(60)));
    }
}
