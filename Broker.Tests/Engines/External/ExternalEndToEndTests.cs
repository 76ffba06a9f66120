using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.Engine.V1;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>What a broker does with an engine that does not keep the contract.</summary>
internal sealed class ExternalEndToEndTests
{
    private const string Canary = "canary-51ab";

    [Test]
    public async Task What_an_engine_made_whose_answer_is_refused_is_revoked_and_the_caller_gets_nothing()
    {
        using var folder = new TemporaryFolder();
        await using var engine = await TestEngine.StartAsync(Path.Combine(folder.Path, "engine.sock"));
        engine.Answer = (made, _) =>
        {
            made.Handle = $"{Canary}{new string('h', 600)}";
            return Task.FromResult(made);
        };
        await using var broker = await StartBrokerAsync(engine, folder);
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("read the minutes");

        var failure = await Assert.ThrowsAsync<SecretsBrokerException>(
            async () => await task.AcquireAsync("read", "notebooks/minutes", new LeaseOptions { Credential = CredentialRequests.External() }));

        Assert.That(failure!.ToString(), Does.Not.Contain(Canary));
        var made = engine.Issues[0].LeaseId;
        await Wait.UntilAsync(() => engine.Accounts.IsRevoked(made));
        await broker.StopAsync();
        Assert.That(await File.ReadAllTextAsync(broker.AuditFile), Does.Not.Contain(Canary));
    }

    [Test]
    public async Task What_an_engine_made_although_it_refused_the_input_is_revoked()
    {
        using var folder = new TemporaryFolder();
        await using var engine = await TestEngine.StartAsync(Path.Combine(folder.Path, "engine.sock"));
        engine.Answer = (_, _) => throw new RpcException(new Status(StatusCode.InvalidArgument, Canary));
        await using var broker = await StartBrokerAsync(engine, folder);
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("read the minutes");

        var failure = await Assert.ThrowsAsync<SecretsBrokerException>(
            async () => await task.AcquireAsync("read", "notebooks/minutes", new LeaseOptions { Credential = CredentialRequests.External() }));

        Assert.That(failure!.ToString(), Does.Contain("credential.external.input").And.Not.Contain(Canary));
        var made = engine.Issues.Single().LeaseId;
        await Wait.UntilAsync(() => engine.Accounts.IsRevoked(made));
        await broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == made);
    }

    [Test]
    public async Task Agents_input_reaches_the_engine_and_its_proof_the_audit_log()
    {
        using var folder = new TemporaryFolder();
        await using var engine = await TestEngine.StartAsync(Path.Combine(folder.Path, "engine.sock"));
        await using var broker = await StartBrokerAsync(engine, folder);
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("read the minutes");
        var input = CredentialRequests.External(new Dictionary<string, string> { ["format"] = "plain" });
        var lease = await task.AcquireAsync("read", "notebooks/minutes", new LeaseOptions { Credential = input });

        await task.CompleteAsync(TaskOutcome.Succeeded);

        Assert.That(engine.Issues.Single().Input, Is.EquivalentTo(new Dictionary<string, string> { ["format"] = "plain" }));
        Assert.That(lease.Secret.External.Fields.Keys, Is.EquivalentTo((string[])["username", "password"]));
        await broker.WaitForAuditAsync(AuditEventType.Revoked, _ => true);
        await broker.StopAsync();
        var log = await File.ReadAllTextAsync(broker.AuditFile);
        Assert.That(log, Does.Contain("the engine found accounts: 0").And.Not.Contain(lease.Secret.External.Fields["password"]));
    }

    [Test]
    public async Task Lease_that_ends_only_by_time_is_no_debt_when_it_ends_early()
    {
        using var folder = new TemporaryFolder();
        await using var engine = await TestEngine.StartAsync(Path.Combine(folder.Path, "engine.sock"));
        (engine.Description.Revocability, engine.Description.Lists) = (SecretsBroker.Engine.V1.Revocability.ExpireOnly, false);
        engine.Look = _ => new VerifyResponse { Gone = false, Findings = { new Finding { Kind = FindingKind.Token, Count = 1 } } };
        await using var broker = await StartBrokerAsync(engine, folder, "expire-only");
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("read the minutes");
        await task.AcquireAsync("read", "notebooks/minutes", new LeaseOptions { Credential = CredentialRequests.External() });

        await task.CompleteAsync(TaskOutcome.Succeeded);

        var revoked = await broker.WaitForAuditAsync(AuditEventType.Revoked, _ => true);
        Assert.That(revoked.Attempts, Is.EqualTo(1));
        Assert.That(revoked.Proof, Does.StartWith("expire-only: good until").And.EndsWith("the engine found tokens: 1"));
    }

    private static Task<TestBroker> StartBrokerAsync(TestEngine engine, TemporaryFolder folder, string revocability = "destroy")
    {
        var secret = Path.Combine(folder.Path, "admin");
        File.WriteAllText(secret, TestExternal.AdminSecret);
        return TestBroker.StartAsync(options => options.Catalog = $$"""
            targets:
              - name: notebooks
                engine: external
                settings:
                  socket: {{engine.Socket}}
                  revocability: {{revocability}}
                  engine_settings: { folder: /srv/notes }
                  secrets: { admin: { file: {{secret}} } }
            grants:
              - name: read-minutes
                action: read
                resource: notebooks/minutes
                target: notebooks
                default_ttl: 2m
                max_ttl: 10m
                settings:
                  engine_settings: { notebooks: [minutes] }
            """);
    }
}
