using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SecretsBroker.Audit;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.Tests.CommandLine.Policies;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Leases.Redis;
using SecretsBroker.Tests.Identity;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>From an operator's command line to an agent and back, and what of it is found anywhere.</summary>
[NonParallelizable]
internal sealed class StaticEndToEndTests
{
    private const string Operator = "operator";
    private const string Account = "crm-login";
    private const string Resource = "crm/login";

    private static readonly string Policies = $$"""
        {{Sandbox.ReadersMayRead}}

        permit (
          principal == Workload::"{{Sandbox.Workload(Operator)}}",
          action in [Broker::Action::"read_secrets", Broker::Action::"manage_secrets"],
          resource)
        when { resource.target == "crm" };
        """;

    [Test]
    public async Task Secret_is_put_leased_and_rotated_and_its_values_are_found_nowhere([Values("sqlite", "redis")] string store)
    {
        RedisRequired.OrIgnore();
        using var system = new LegacySystem();
        using var redisFolder = new TemporaryFolder();
        await using var redis = await RedisServer.StartAsync(new Dictionary<string, string> { ["dir"] = redisFolder.Path });
        using var log = new CapturedLog();
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(Catalog(system), Policies),
            builder => builder.Logging.AddProvider(log),
            ("Store:Kind", store),
            ("Store:Servers", redis.Endpoint),
            ("Logging:LogLevel:Default", "Trace"));
        const string First = "the-first-password-of-the-crm";
        system.SetPassword(Account, First);
        var value = system.Write("value.json", JsonSerializer.Serialize(new { username = "crm", password = First }));

        var put = await RunAsync(broker, "put", "crm", Account, "--file", value);
        Assert.That(put.ExitCode, Is.Zero, put.Errors);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var issued = await agent.IssueAsync(task, Resource, credential: new Proto.CredentialRequest { StaticSecret = new() });
        var second = broker.Agent("b");
        var other = await second.StartTaskAsync();
        await Rpc.RefusedAsync(StatusCode.ResourceExhausted, async () => await second.IssueAsync(other, Resource));
        Assert.That(issued.Secret.StaticSecret.Fields["password"], Is.EqualTo(First));
        Assert.That((issued.Secret.StaticSecret.Name, issued.Secret.StaticSecret.Version), Is.EqualTo((Account, 1)));

        await agent.CompleteAsync(task);
        await Eventually.HoldsAsync(async () => (await agent.GetAsync(issued.Lease.LeaseId)).State == Proto.LeaseState.Revoked);
        Assert.That(system.LogsIn(Account, First), Is.False);
        var next = await second.IssueAsync(other, Resource);
        Assert.That(system.LogsIn(Account, next.Secret.StaticSecret.Fields["password"]), Is.True);
        Assert.That(next.Secret.StaticSecret.Version, Is.EqualTo(2));
        Assert.That((await RunAsync(broker, "rotate", "crm", Account)).Output, Does.Contain("version 3"));
        await second.CompleteAsync(other);
        await Eventually.HoldsAsync(async () => (await second.GetAsync(next.Lease.LeaseId)).State == Proto.LeaseState.Revoked);
        var list = await RunAsync(broker, "list", "crm");
        Assert.That(list.Output, Does.Contain("1  destroyed").And.Contain("2  destroyed").And.Contain("3  current").And.Contain("key "));

        await broker.StopAsync();
        var canaries = new Canaries();
        canaries.Add("the first password", First);
        canaries.Add("the key", (await File.ReadAllTextAsync(system.KeyFile)).Trim());
        foreach (var (i, told) in system.Told.Index())
        {
            canaries.Add($"password {i}", told["proposed"]!["password"]!.GetValue<string>());
        }

        var files = store == "redis"
            ? Directory.GetFiles(redisFolder.Path, "*", SearchOption.AllDirectories)
            : Directory.GetFiles(broker.Sandbox.Folder, "leases.db*");
        var stored = files.Select(File.ReadAllBytes).ToArray();
        var audited = Directory.GetFiles(broker.Sandbox.AuditFolder, "*.jsonl").Select(File.ReadAllBytes).ToArray();
        var logged = Encoding.UTF8.GetBytes(string.Join('\n', log.Messages));
        Assert.That(system.Told, Has.Count.EqualTo(2), "the end of the second lease found its value rotated already");
        Assert.That(stored.Any(file => Canaries.Contains(file, Account)), Is.True, "the store was not looked at");
        foreach (var place in (byte[][])[.. stored, .. audited, logged])
        {
            Assert.That(canaries.FindIn(place), Is.Empty);
        }

        await AssertRecordedAsync(broker, issued.Lease.LeaseId);
    }

    [Test]
    public async Task Operator_restores_destroys_and_encrypts_anew()
    {
        using var system = new LegacySystem();
        await using var broker = await BrokerUnderTest.StartAsync(new Sandbox(Catalog(system), Policies), adapt: null);
        var one = system.Write("one", "one\n");

        Assert.That((await RunAsync(broker, "put", "crm", Account, "--field", "password", "--file", one, "--expect", "0")).Output, Does.Contain("Version 1"));
        Assert.That((await RunAsync(broker, "put", "crm", Account, "--field", "password", "--file", one, "--expect", "0")).ExitCode, Is.EqualTo(2));
        Assert.That((await RunAsync(broker, "put", "crm", Account, "--file", one)).ExitCode, Is.EqualTo(1), "not JSON");
        Assert.That((await RunAsync(broker, "put", "crm", Account, "--field", "password", "--file", one)).Output, Does.Contain("Version 2"));
        Assert.That((await RunAsync(broker, "restore", "crm", Account, "1")).ExitCode, Is.Zero);
        Assert.That((await RunAsync(broker, "destroy", "crm", Account, "2")).ExitCode, Is.Zero);
        Assert.That((await RunAsync(broker, "destroy", "crm", Account, "2")).Errors, Does.Contain("no such secret, or no such version"));
        Assert.That((await RunAsync(broker, "rekey", "crm")).Output, Does.Contain("0 values"));
        Assert.That((await RunAsync(broker, "list", "crm")).Output, Does.Contain("1  current").And.Contain("2  destroyed"));
        Assert.That((await RunAsync(broker, "list", "erp")).ExitCode, Is.EqualTo(2), "policy allows it for one target only");

        var agent = broker.Agent("a");
        var issued = await agent.IssueAsync(await agent.StartTaskAsync(), Resource);
        Assert.That(issued.Secret.StaticSecret.Fields, Is.EqualTo(new Dictionary<string, string> { ["password"] = "one" }), "without the line end");
    }

    [Test]
    public async Task Value_is_read_from_the_standard_input()
    {
        using var system = new LegacySystem();
        await using var broker = await BrokerUnderTest.StartAsync(new Sandbox(Catalog(system), Policies), adapt: null);
        var token = broker.Sandbox.PathOf("operator.token");
        await File.WriteAllTextAsync(token, broker.Sandbox.Token(Operator));

        var run = await ProgramRun.OfAsync(
            "/bin/bash",
            [
                "-c",
                $"printf 'from stdin' | '{ProgramRun.Dotnet}' '{ProgramRun.BrokerAssembly}' secret put crm {Account} --field password "
                + $"--address http://{broker.Channel.Target} --token-file '{token}'",
            ]);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        var agent = broker.Agent("a");
        var issued = await agent.IssueAsync(await agent.StartTaskAsync(), Resource);
        Assert.That(issued.Secret.StaticSecret.Fields["password"], Is.EqualTo("from stdin"));
    }

    [TestCase(Operator, """{"password": "hunter2"}""", StatusCode.OK)]
    [TestCase(Operator, """{"password": ["hunter2"]}""", StatusCode.InvalidArgument)]
    [TestCase("somebody", """{"password": "hunter2"}""", StatusCode.PermissionDenied)]
    public async Task What_a_call_brought_is_zeroed_whatever_it_came_to(string workload, string value, StatusCode expected)
    {
        using var system = new LegacySystem();
        var received = new ReceivedValues();
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(Catalog(system), Policies),
            builder =>
            {
                builder.Services.AddSingleton(received);
                builder.Services.AddGrpc(options => options.Interceptors.Add<ReceivedValues>());
            });
        var request = new Proto.PutSecretRequest { Target = "crm", Name = Account, Value = ByteString.CopyFromUtf8(value) };

        var status = StatusCode.OK;
        try
        {
            await new Proto.SecretService.SecretServiceClient(broker.Channel).PutSecretAsync(
                request, new Metadata { { "authorization", $"Bearer {broker.Sandbox.Token(workload)}" } });
        }
        catch (RpcException e)
        {
            status = e.StatusCode;
        }

        Assert.That(status, Is.EqualTo(expected));
        Assert.That(received.Last!.Length, Is.EqualTo(request.Value.Length));
        Assert.That(received.Last!.ToByteArray(), Is.All.Zero);
    }

    private static async Task AssertRecordedAsync(BrokerUnderTest broker, string lease)
    {
        var records = await AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder).Select(entry => entry.Record).ToListAsync();
        var changes = records.Where(record => record.Type == AuditEventType.SecretChanged).ToArray();
        Assert.That(
            changes.Select(record => (record.Workload, record.Action, record.Resource, record.Outcome)),
            Is.EqualTo(new[]
            {
                (Sandbox.Workload(Operator).Value, "put", $"crm/{Account}", "version 1"),
                (Sandbox.Workload(Operator).Value, "rotate", $"crm/{Account}", "version 3"),
            }));
        Assert.That(
            records.Where(record => record.Type == AuditEventType.OperatorDecided).Select(record => record.DecisionId),
            Is.SupersetOf(changes.Select(record => record.DecisionId)));
        Assert.That(
            records.Single(record => record.Type == AuditEventType.Revoked && record.Lease == lease).Proof,
            Does.StartWith($"secret {Account} rotated to version 2"));
    }

    private static object Catalog(LegacySystem system) => new
    {
        targets = (object[])
        [
            new
            {
                name = "crm", engine = "static", timeout = "1m",
                settings = new { encryption_key = new { file = system.KeyFile }, rotation = new { command = system.HookCommand } },
            },
        ],
        grants = (object[])
        [
            new
            {
                name = "read-crm", action = "read", resource = Resource, target = "crm", default_ttl = "5m", max_ttl = "10m",
                settings = new { secrets = new[] { Account } },
            },
        ],
    };

    /// <summary>Keeps what the broker was given to read.</summary>
    private sealed class ReceivedValues : Interceptor
    {
        public ByteString? Last { get; private set; }

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Last = (request as Proto.PutSecretRequest)?.Value ?? Last;
            return continuation(request, context);
        }
    }

    private static async Task<ProgramRun> RunAsync(BrokerUnderTest broker, params string[] arguments)
    {
        var token = broker.Sandbox.PathOf($"{Operator}.token");
        await File.WriteAllTextAsync(token, broker.Sandbox.Token(Operator));
        return await BrokerRun.InvokeAsync(["secret", .. arguments, "--address", $"http://{broker.Channel.Target}", "--token-file", token]);
    }
}
