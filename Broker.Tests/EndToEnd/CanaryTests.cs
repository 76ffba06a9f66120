using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Identity;
using SecretsBroker.Tests.Leases.Redis;
using SecretsBroker.Tests.Telemetry;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>
/// Every kind of secret is issued, used, renewed, refused and revoked, while everything is logged and exported that can be: none of them
/// is found in what was written. Each place is also searched for a lease's id, so that an empty one is not taken for a clean one.
/// </summary>
[NonParallelizable]
internal sealed class CanaryTests
{
    private const string Certificates = "ca/clients";
    private const string Service = "invoices-api/invoices";
    private const string Table = "orders/invoices";

    [Test]
    public async Task No_secret_is_found_in_anything_that_is_written([Values("sqlite", "redis")] string store)
    {
        OrdersDatabase.OrIgnore();
        RedisRequired.OrIgnore();
        await using var database = await OrdersDatabase.StartAsync(
            ("log_statement", "all"), ("log_min_duration_statement", "0"), ("log_connections", "on"), ("log_min_error_statement", "debug5"));
        await using var receiver = await OtlpReceiver.StartAsync(OtlpReceiver.Grpc);
        using var redisFolder = new TemporaryFolder();
        await using var redis = await RedisServer.StartAsync(new Dictionary<string, string> { ["dir"] = redisFolder.Path });
        using var log = new CapturedLog();
        var sandbox = new Sandbox(Catalog(database));
        await using var broker = await BrokerUnderTest.StartAsync(
            sandbox,
            builder => builder.Logging.AddProvider(log),
            ("Store:Kind", store),
            ("Store:Servers", redis.Endpoint),
            ("Logging:LogLevel:Default", "Trace"),
            ("Logging:LogLevel:Microsoft.AspNetCore", "Trace"),
            ("Logging:LogLevel:Grpc", "Trace"),
            ("Logging:LogLevel:Quartz", "Debug"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", OtlpReceiver.Grpc));
        var canaries = new Canaries();
        var life = new SecretLives(broker.Agent("canary"), canaries, database);

        var lease = await life.RunAsync();
        string[] FilesOf(string kind) => kind == "redis"
            ? Directory.GetFiles(redisFolder.Path, "*", SearchOption.AllDirectories)
            : [.. Directory.GetFiles(sandbox.Folder, "leases.db*").Where(file => !file.EndsWith(".lock", StringComparison.Ordinal))];
        var places = new Dictionary<string, byte[]>();
        // Before the stop too: it empties SQLite's log.
        Read(places, "running", FilesOf(store));
        await database.RunAsync("SELECT 'the end of the test'");
        await Eventually.HoldsAsync(() => File.ReadAllText(database.LogFile).Contains("the end of the test"));
        await broker.StopAsync();
        canaries.AddKey("the CA's key", File.ReadAllText(sandbox.PathOf("ca.key")));
        canaries.AddKey("the token signing key", File.ReadAllText(sandbox.PathOf("api.key")));
        canaries.AddKey("the audit signing key", File.ReadAllText(Path.Combine(sandbox.AuditFolder, "one.key")));
        canaries.Add("the broker's own password", OrdersDatabase.AccountPassword);

        Read(places, "stopped", FilesOf(store));
        Read(places, "audit", Directory.GetFiles(sandbox.AuditFolder).Where(file => !file.EndsWith(".key", StringComparison.Ordinal)));
        places["PostgreSQL's log"] = await File.ReadAllBytesAsync(database.LogFile);
        places["log of the broker"] = Encoding.UTF8.GetBytes(string.Join('\n', log.Messages));
        places["spans exported"] = [.. receiver.Traces.SelectMany(message => message.ToByteArray())];
        places["metrics exported"] = [.. receiver.Metrics.SelectMany(message => message.ToByteArray())];
        places["logs exported"] = [.. receiver.Logs.SelectMany(message => message.ToByteArray())];

        TestContext.Out.WriteLine(string.Join('\n', places.Select(place => $"{place.Key}: {place.Value.Length} bytes")));
        Assert.That(canaries.FindIn(Encoding.UTF8.GetBytes(broker.Sandbox.Token("canary"))), Is.Empty, "another token of the same caller is not that one");
        Assert.That(canaries.FindIn(Encoding.UTF8.GetBytes($"logged: {life.CallersToken}")), Has.Count.EqualTo(2), "the search finds nothing");
        Assert.Multiple(() =>
        {
            foreach (var (name, content) in places)
            {
                Assert.That(canaries.FindIn(content), Is.Empty, name);
            }
        });
        HoldsTraces(places, lease);
    }

    private static void HoldsTraces(Dictionary<string, byte[]> places, string lease)
    {
        // Metrics name grants, not leases.
        var searched = places.Where(place => place.Key != "metrics exported").ToLookup(place => place.Key.Split(' ')[0], place => place.Value);
        Assert.Multiple(() =>
        {
            foreach (var place in searched)
            {
                Assert.That(place.Any(content => Canaries.Contains(content, lease)), Is.True, $"{place.Key}: the lease is not found either");
            }

            Assert.That(Canaries.Contains(places["metrics exported"], "read-table"), Is.True);
        });
    }

    private static void Read(Dictionary<string, byte[]> places, string when, IEnumerable<string> files)
    {
        foreach (var file in files)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            places[$"{when} {Path.GetFileName(file)}"] = copy.ToArray();
        }
    }

    private static object Catalog(OrdersDatabase database) => new
    {
        targets = (object[])
        [
            database.Target("orders-db", TimeSpan.FromSeconds(30)),
            new { name = "ca", engine = "x509", settings = new { key_file = "{folder}/ca.key", certificate_file = "{folder}/ca.pem" } },
            new { name = "api", engine = "jwt", settings = new { issuer = "https://broker.test", audience = "invoices-api", key_file = "{folder}/api.key" } },
        ],
        grants = (object[])
        [
            new
            {
                name = "read-table", action = "read", resource = Table, target = "orders-db", default_ttl = "1m", max_ttl = "5m",
                settings = new { statements = new[] { "GRANT SELECT ON invoices TO {{group}}" } },
            },
            new { name = "certificates", action = "read", resource = Certificates, target = "ca", default_ttl = "1m", max_ttl = "5m" },
            new
            {
                name = "tokens", action = "read", resource = Service, target = "api", default_ttl = "1m", max_ttl = "5m",
                settings = new { bearer = true },
            },
        ],
    };

    /// <summary>The lives of one secret of each kind, and of those that were never handed out.</summary>
    private sealed class SecretLives(Agent agent, Canaries canaries, OrdersDatabase database)
    {
        public string CallersToken => agent.Token;

        /// <returns>The lease of a PostgreSQL role.</returns>
        public async Task<string> RunAsync()
        {
            canaries.AddToken("the caller's token", agent.Token);
            var task = await agent.StartTaskAsync();
            var table = await IssueTableAsync(task);
            await IssueCertificatesAsync(task);
            await IssueTokensAsync(task);
            await FailAsync(task);
            await agent.Leases.RenewLeaseAsync(new Proto.RenewLeaseRequest { LeaseId = table, TimeToLive = Duration.FromTimeSpan(TimeSpan.FromMinutes(3)) });
            await agent.Leases.ReportUseAsync(new Proto.ReportUseRequest
            {
                LeaseId = table, Tool = "psql", DownstreamResource = Table, Outcome = Proto.UseOutcome.Succeeded,
            });
            await IssueTableAsync(task);
            await agent.RevokeAsync(table);
            await agent.CompleteAsync(task, Proto.TaskOutcome.Failed);
            await Eventually.HoldsAsync(async () => (await agent.CompleteAsync(task)).LeaseEnds.Count == 0);
            return table;
        }

        private async Task<string> IssueTableAsync(string task)
        {
            var issued = await agent.IssueAsync(task, Table, requestId: "table", credential: new Proto.CredentialRequest { Postgres = new() });
            var secret = issued.Secret.Postgres;
            canaries.Add($"the password of {secret.Username}", secret.Password);
            Assert.That(await database.LogsInAsync(secret.Username, secret.Password), Is.True);
            return issued.Lease.LeaseId;
        }

        private async Task IssueCertificatesAsync(string task)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=canary", key, HashAlgorithmName.SHA256);
            foreach (var certificate in (Proto.CertificateRequest[])
            [
                new() { PublicKey = ByteString.CopyFrom(key.ExportSubjectPublicKeyInfo()) },
                new() { CertificateSigningRequest = ByteString.CopyFrom(request.CreateSigningRequest()) },
            ])
            {
                var issued = await agent.IssueAsync(task, Certificates, credential: new Proto.CredentialRequest { Certificate = certificate });
                Assert.That(issued.Secret.Certificate.CertificateChain, Does.Contain("BEGIN CERTIFICATE"));
            }
        }

        private async Task IssueTokensAsync(string task)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var certificate = new CertificateRequest("CN=canary", key, HashAlgorithmName.SHA256)
                .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
            foreach (var token in (Proto.AccessTokenRequest[])[new(), new() { Certificate = ByteString.CopyFrom(certificate.RawData) }])
            {
                var issued = await agent.IssueAsync(task, Service, credential: new Proto.CredentialRequest { AccessToken = token });
                canaries.AddToken($"the token of {issued.Lease.LeaseId}", issued.Secret.AccessToken.Token);
            }
        }

        private async Task FailAsync(string task)
        {
            await Rpc.RefusedAsync(StatusCode.InvalidArgument, async () => await agent.IssueAsync(
                task,
                Certificates,
                credential: new() { Certificate = new() { PublicKey = ByteString.CopyFromUtf8("not-a-key-but-something-private") } }));
            canaries.Add("what was sent as a key", "not-a-key-but-something-private");
            await Rpc.RefusedAsync(StatusCode.InvalidArgument, async () => await agent.IssueAsync(
                task, Service, credential: new() { AccessToken = new() { JsonWebKey = """{"kty":"EC","d":"a-private-key-sent-by-mistake"}""" } }));
            canaries.Add("a private key sent by mistake", "a-private-key-sent-by-mistake");
            await Rpc.RefusedAsync(StatusCode.PermissionDenied, async () => await agent.IssueAsync(task, "nothing/here"));

            var changed = agent.Token[..^8] + "AAAAAAAA";
            canaries.Add("a refused token", changed);
            var calls = new CallOptions(new Metadata { { "authorization", $"Bearer {changed}" } });
            await Rpc.RefusedAsync(async () => await agent.Tasks.GetTaskAsync(new Proto.GetTaskRequest { TaskId = task }, calls));
        }
    }
}
