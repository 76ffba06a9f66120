using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.Postgres;

internal sealed class TargetCheckTests : PostgresFixture
{
    [Test]
    public async Task Account_that_may_make_no_roles_is_reported_with_all_that_it_lacks()
    {
        await TestDatabase.RunAsync("CREATE ROLE weak LOGIN NOINHERIT PASSWORD 'weak'");
        Environment.SetEnvironmentVariable("WEAK_PASSWORD", "weak");

        var failure = await FailureAsync(Changed(t => (t["username"], t["password"]) = ("weak", new JsonObject { ["env"] = "WEAK_PASSWORD" })));

        Assert.That(failure.Message, Does.Contain("orders-db").And.Contain("CREATEROLE").And.Contain("NOINHERIT"));
        Assert.That(failure.IsTransient, Is.False);
    }

    [Test]
    public async Task Wrong_password_is_a_lasting_failure_that_does_not_repeat_it()
    {
        Environment.SetEnvironmentVariable("WRONG_PASSWORD", "wrong-canary");

        var failure = await FailureAsync(Changed(t => t["password"] = new JsonObject { ["env"] = "WRONG_PASSWORD" }));

        Assert.That(failure.ToString(), Does.Contain("28P01").And.Not.Contain("canary"));
        Assert.That(failure.IsTransient, Is.False);
    }

    [Test]
    public async Task Password_that_cannot_be_read_is_named_by_its_reference()
    {
        var failure = await FailureAsync(Changed(t => t["password"] = new JsonObject { ["file"] = "/nowhere/password" }));

        Assert.That(failure.Message, Does.Contain("file /nowhere/password"));
    }

    [Test]
    public async Task Database_that_does_not_exist_is_reported()
    {
        var failure = await FailureAsync(Changed(t => t["databases"] = new JsonArray("orders", "no\"such")));

        Assert.That(failure.Message, Does.Contain("3D000"));
    }

    [Test]
    public async Task Unix_socket_is_a_way_to_the_server()
    {
        await using var engine = EngineOf(Changed(t => t["host"] = TestDatabase.Server.SocketDirectory));

        await engine.CheckAsync(Token);
    }

    [Test]
    public async Task Only_a_server_with_a_trusted_certificate_of_its_name_is_spoken_to()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        await using var server = await PostgresServer.StartAsync(
            new Dictionary<string, string> { ["ssl"] = "on", ["fsync"] = "off" },
            new Dictionary<string, string> { ["server.key"] = key.ExportPkcs8PrivateKeyPem(), ["server.crt"] = certificate.ExportCertificatePem() });
        var authority = Path.GetTempFileName();
        await File.WriteAllTextAsync(authority, certificate.ExportCertificatePem(), Token);
        try
        {
            await using var trusting = EngineOf(Secure("localhost", authority));
            await trusting.CheckAsync(Token);
            foreach (var target in (Target[])[Secure("localhost", null), Secure("127.0.0.1", authority)])
            {
                var failure = await FailureAsync(target);
                Assert.That(failure.Message, Does.Contain("no trusted TLS connection"));
                Assert.That(failure.IsTransient, Is.False);
            }
        }
        finally
        {
            File.Delete(authority);
        }

        Target Secure(string host, string? trusted) => Changed(
            t =>
            {
                (t["host"], t["databases"]) = (host, new JsonArray("postgres"));
                t.Remove("tls_mode");
                t.Remove("tls_ca_file");
                if (trusted is not null)
                {
                    t["tls_ca_file"] = trusted;
                }
            },
            TestDatabase.Target("postgres", server));
    }

    [Test]
    public async Task Server_without_TLS_is_not_spoken_to_unless_settings_say_so()
    {
        var failure = await FailureAsync(Changed(t => t.Remove("tls_mode")));

        Assert.That(failure.Message, Does.Contain("checking failed"));
    }

    private static Target Changed(Action<JsonObject> change, Target? target = null)
    {
        target ??= TestDatabase.Target(TestDatabase.Broker);
        var settings = JsonObject.Create(target.Settings)!;
        change(settings);
        return target with { Settings = JsonSerializer.SerializeToElement(settings) };
    }

    private async Task<EngineException> FailureAsync(Target target)
    {
        await using var engine = EngineOf(target);
        return (await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token)))!;
    }
}
