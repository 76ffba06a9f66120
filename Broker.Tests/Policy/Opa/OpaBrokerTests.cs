using System.Text.Json.Nodes;
using SecretsBroker.Audit;
using SecretsBroker.Client;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.Policy.Opa;

/// <summary>A whole broker that asks a policy server.</summary>
internal sealed class OpaBrokerTests
{
    private const string ForbidAll = "forbid (principal, action, resource);";
    private const string PermitAll = """@id("cedar-permits") @max_ttl("1m") permit (principal, action, resource);""";
    private const string NotAsked = "policy could not be asked";

    private OpaServer _server = null!;

    [SetUp]
    public async Task Start()
    {
        _server = await OpaServer.StartAsync();
        _server.Bundles["authz"] = "17";
        _server.Rule = input => new JsonObject
        {
            ["allow"] = input.GetProperty("resource").GetProperty("id").ValueEquals("memory/notes"),
            ["reasons"] = new JsonArray("notes-only"),
            ["obligations"] = new JsonObject { ["max_ttl"] = "30s" },
        };
    }

    [TearDown]
    public async Task Stop() => await _server.DisposeAsync();

    [Test]
    public async Task Server_alone_decides()
    {
        await using var broker = await StartBrokerAsync("opa", ForbidAll);

        await AcquireAsync(broker, "memory/notes");
        await DenyAsync(broker, "delete", "invoices-api/invoices");

        var (allowed, denied) = await ReadDecisionsAsync(broker);
        Assert.Multiple(() =>
        {
            Assert.That((allowed.Allowed, denied.Allowed), Is.EqualTo((true, false)));
            Assert.That(allowed.Policies, Is.EqualTo(new[] { "opa:notes-only" }));
            Assert.That((allowed.PolicyHash, denied.PolicyHash), Is.EqualTo(("opa:authz=17", "opa:authz=17")));
            Assert.That(denied.PolicyServerDecision, Is.EqualTo("4ca636c1-55e4-417a-b1d8-4aceb67960d1"));
            Assert.That(denied.Reason, Is.EqualTo("the policy server does not permit this"));
        });
    }

    [Test]
    public async Task Of_two_both_must_allow_and_the_stricter_demand_holds()
    {
        await using var broker = await StartBrokerAsync("both", PermitAll);

        var lifetime = await AcquireAsync(broker, "memory/notes");
        await DenyAsync(broker, "delete", "invoices-api/invoices");

        var (allowed, denied) = await ReadDecisionsAsync(broker);
        Assert.Multiple(() =>
        {
            Assert.That(lifetime, Is.EqualTo(TimeSpan.FromSeconds(30)));
            Assert.That(allowed.Policies, Is.EqualTo(new[] { "cedar-permits", "opa:notes-only" }));
            Assert.That(allowed.PolicyHash, Does.Match(@"^[0-9a-f]{64}\+opa:authz=17$"));
            Assert.That(denied.PolicyHash, Is.EqualTo(allowed.PolicyHash));
            Assert.That(denied.Policies, Is.EqualTo(new[] { "opa:notes-only" }));
        });
    }

    [TestCase("opa")]
    [TestCase("both")]
    public async Task Approval_that_the_server_demands_is_needed(string engine)
    {
        await using var broker = await StartBrokerAsync(engine, PermitAll);
        _server.AnswerWith("""{"result": {"allow": true, "obligations": {"approval": ["payments-oncall"]}}}""");
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("to try");

        var refused = await Assert.ThrowsAsync<ApprovalNeededException>(() => task.AcquireAsync("read", "memory/notes"));

        Assert.That(refused!.Reason, Is.EqualTo("APPROVAL_NEEDED"));
        Assert.That(broker.Memory.Issued, Is.Zero);
    }

    [Test]
    public async Task Of_two_Cedar_can_deny_and_the_server_is_not_asked()
    {
        await using var broker = await StartBrokerAsync("both", ForbidAll);

        await DenyAsync(broker, "read", "memory/notes");

        var denied = (await broker.ReadAuditAsync(AuditEventType.Decided)).Single();
        Assert.That((denied.Reason, denied.PolicyHash.Length), Is.EqualTo(("a policy forbids this", 64)));
        Assert.That(_server.Requests, Is.Empty);
    }

    [TestCase("opa")]
    [TestCase("both")]
    public async Task Nothing_is_handed_out_while_the_server_cannot_be_asked(string engine)
    {
        await using var broker = await StartBrokerAsync(engine, PermitAll);
        _server.AnswerWith("""{"result": {"allow": true, "hunter2": true}}""");

        var refused = await DenyAsync(broker, "read", "memory/notes");

        Assert.That(refused.Message, Does.Contain(NotAsked).And.Not.Contain("hunter2"));
        var denied = (await broker.ReadAuditAsync(AuditEventType.Decided)).Single();
        Assert.That((denied.Allowed, denied.Reason, denied.Policies.Count, denied.PolicyHash), Is.EqualTo((false, NotAsked, 0, "")));
        Assert.That(await File.ReadAllTextAsync(broker.AuditFile), Does.Not.Contain("hunter2"));
        _server.Instead = null;
        await AcquireAsync(broker, "memory/notes");
    }

    private Task<TestBroker> StartBrokerAsync(string engine, string policies) => TestBroker.StartAsync(options =>
    {
        options.Settings["Policy:Engine"] = engine;
        options.Settings["Policy:Opa:Address"] = _server.Address;
        options.Settings["Policy:Opa:Timeout"] = "00:00:20";
        options.Settings["Issuance:DecisionTimeout"] = "00:00:30";
        options.Policies = policies;
    });

    private static async Task<TimeSpan> AcquireAsync(TestBroker broker, string resource)
    {
        using var caller = broker.ConnectRaw();
        var issued = await caller.Leases.IssueLeaseAsync(
            new Proto.IssueLeaseRequest
            {
                NewTask = new Proto.NewTask { TaskId = "to-try" },
                Intent = new Proto.Intent { Action = "read", Resource = resource, Purpose = "to try" },
            },
            caller.Options());
        return issued.Lease.ExpireTime.ToDateTimeOffset() - issued.Lease.CreateTime.ToDateTimeOffset();
    }

    private static async Task<AccessDeniedException> DenyAsync(TestBroker broker, string action, string resource)
    {
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("to try");
        return (await Assert.ThrowsAsync<AccessDeniedException>(() => task.AcquireAsync(action, resource)))!;
    }

    private static async Task<(AuditRecord Allowed, AuditRecord Denied)> ReadDecisionsAsync(TestBroker broker)
    {
        var decisions = await broker.ReadAuditAsync(AuditEventType.Decided);
        Assert.That(decisions, Has.Count.EqualTo(2));
        return (decisions[0], decisions[1]);
    }
}
