using Google.Protobuf;
using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Leases;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Bad input is refused before any work, with one answer for what must not be told apart.</summary>
internal sealed class BadInputTests : ApiFixture
{
    [TestCaseSource(typeof(BadInput), nameof(BadInput.Calls))]
    public async Task Rule_that_is_broken_is_named_and_nothing_is_issued(string field, Func<Agent, Task> call)
    {
        var agent = NewAgent();
        await agent.StartTaskAsync("t");

        var refused = await Rpc.RefusedAsync(StatusCode.InvalidArgument, () => call(agent));

        Assert.Multiple(() =>
        {
            Assert.That(Rpc.DetailOf(refused).Field, Is.EqualTo(field));
            Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("INVALID_ARGUMENT"));
            Assert.That(Rpc.DetailOf(refused).Retryable, Is.False);
            Assert.That(refused.Status.Detail, Does.StartWith($"{field}: "));
            Assert.That(refused.Status.Detail.Any(char.IsControl), Is.False);
        });
        Assert.That((await agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest())).Leases, Is.Empty);
        Assert.That(Broker.Target.Issued, Is.Zero);
    }

    [TestCase("read", "vault/nothing", "no grant")]
    [TestCase("write", BrokerUnderTest.Items, "no grant")]
    [TestCase("delete", BrokerUnderTest.Items, "")]
    [TestCase("read", BrokerUnderTest.Reports, "tool", "nmap")]
    [TestCase("read", BrokerUnderTest.Reports, "tool")]
    public async Task Intent_that_nothing_allows_is_denied_with_a_decision(string action, string resource, string reason, string tool = "")
    {
        var agent = NewAgent();
        var request = Agent.Request(await agent.StartTaskAsync(), resource, tool: tool);
        request.Intent.Action = action;

        var refused = await Rpc.RefusedAsync(StatusCode.PermissionDenied, async () => await agent.Leases.IssueLeaseAsync(request));

        var detail = Rpc.DetailOf(refused);
        Assert.That(detail.Reason, Is.EqualTo("DENIED"));
        Assert.That(refused.Status.Detail, Does.Contain(detail.DecisionId).And.Contain(reason));
        var decision = await AuditReader.ReadFolderAsync(Broker.Sandbox.AuditFolder)
            .Select(entry => entry.Record)
            .SingleAsync(record => record.DecisionId == detail.DecisionId);
        Assert.That(decision.Allowed, Is.False);
        Assert.That(Broker.Target.Issued, Is.Zero);
    }

    [Test]
    public async Task Denied_intent_opens_no_task()
    {
        var agent = NewAgent();
        var request = Agent.Request("", "vault/nothing");
        request.NewTask = new Proto.NewTask { TaskId = "t" };

        await Rpc.RefusedAsync(StatusCode.PermissionDenied, async () => await agent.Leases.IssueLeaseAsync(request));

        await Rpc.RefusedAsync(StatusCode.NotFound, async () => await agent.Tasks.GetTaskAsync(new Proto.GetTaskRequest { TaskId = "t" }));
    }

    [TestCase("")]
    [TestCase("x")]
    [TestCase("../../etc/passwd")]
    [TestCase("zz000000000000000000000000")]
    [TestCase("ff000000000000000000000000")]
    public async Task What_is_no_lease_id_is_answered_as_a_lease_that_does_not_exist(string id)
    {
        var agent = NewAgent();

        var refused = await Rpc.RefusedAsync(() => agent.GetAsync(id));

        Assert.That(Rpc.Describe(refused), Is.EqualTo(Rpc.Describe(await Rpc.RefusedAsync(() => agent.GetAsync(LeaseId.New(0).Value)))));
    }

    [TestCase(300_000, "identity")]
    [TestCase(5_000_000, "identity")]
    [TestCase(5_000_000, "gzip")]
    public async Task Message_that_is_too_large_is_refused(int size, string encoding)
    {
        var agent = NewAgent();

        var refused = await Rpc.RefusedAsync(async () => await agent.Tasks.StartTaskAsync(
            new Proto.StartTaskRequest { TaskId = "large", Purpose = new string('a', size) },
            new Metadata { { "grpc-internal-encoding-request", encoding } }));

        Assert.That(refused.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted), refused.Status.Detail);
        await Rpc.RefusedAsync(StatusCode.NotFound, async () => await agent.Tasks.GetTaskAsync(new Proto.GetTaskRequest { TaskId = "large" }));
    }

    [Test]
    public async Task Bytes_that_are_no_message_are_refused()
    {
        var agent = NewAgent();
        var garbage = new Method<byte[], byte[]>(
            MethodType.Unary, "secretsbroker.v1.LeaseService", "IssueLease", Bytes, Bytes);

        var refused = await Rpc.RefusedAsync(async () => await agent.Calls.AsyncUnaryCall(
            garbage, host: null, new CallOptions(), [0xff, 0xff, 0xff, 0xff, 0x0f, 0x01]));

        Assert.That(refused.StatusCode, Is.AnyOf(StatusCode.InvalidArgument, StatusCode.Internal, StatusCode.Unknown));
        Assert.That(refused.Status.Detail, Does.Not.Contain("Google").And.Not.Contain(" at "));
        Assert.That(Broker.Target.Issued, Is.Zero);
    }

    private static Marshaller<byte[]> Bytes { get; } = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);
}
