using Grpc.Core;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Dev;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Whoever is not believed hears one sentence, whatever the cause.</summary>
internal sealed class AuthenticationTests : ApiFixture
{
    private static readonly string[] Methods =
        [.. new[] { Proto.TaskService.Descriptor, Proto.LeaseService.Descriptor }
            .SelectMany(service => service.Methods)
            .Where(method => !method.IsServerStreaming)
            .Select(method => $"{method.Service.FullName}/{method.Name}")];

    [Test]
    public async Task Every_cause_is_answered_alike()
    {
        using var stranger = new Sandbox(BrokerUnderTest.Catalog());
        using var issuer = DevIssuer.Open(Broker.Sandbox.Folder);
        var good = Broker.Sandbox.Token("a");
        var parts = good.Split('.');
        var causes = new Dictionary<string, string?>
        {
            ["nothing"] = null,
            ["an empty value"] = "",
            ["no token"] = "Bearer ",
            ["another scheme"] = "Basic dXNlcjpwYXNzd29yZA==",
            ["no JWT"] = "Bearer x",
            ["no signature"] = $"Bearer {parts[0]}.{parts[1]}.",
            ["a changed signature"] = $"Bearer {parts[0]}.{parts[1]}.{new string('A', parts[2].Length)}",
            ["another trust domain's key"] = $"Bearer {stranger.Token("a")}",
            ["another audience"] = $"Bearer {Broker.Sandbox.Token("a", "somebody-else")}",
            ["a token of yesterday"] =
                $"Bearer {issuer.Mint(new WorkloadId($"{DevIssuer.IdPrefix}a"), Sandbox.Audience, TimeSpan.FromMinutes(-5), TimeProvider.System)}",
            ["two tokens"] = $"Bearer {good}, Bearer {good}",
            ["a huge token"] = $"Bearer {new string('a', 20_000)}",
        };

        var answers = new Dictionary<string, string>();
        foreach (var (cause, header) in causes)
        {
            answers[cause] = Rpc.Describe(await Rpc.RefusedAsync(() => CallAsync("secretsbroker.v1.TaskService/GetTask", header)));
        }

        Assert.That(answers.Values.Distinct().Count(), Is.EqualTo(1), string.Join("\n", answers));
        Assert.That(answers["nothing"], Does.StartWith("Unauthenticated"));
    }

    [TestCaseSource(nameof(Methods))]
    public async Task Every_call_asks_who_calls(string method) =>
        await Rpc.RefusedAsync(StatusCode.Unauthenticated, () => CallAsync(method, header: null));

    [Test]
    public async Task Lifeline_asks_who_calls()
    {
        using var call = new Proto.TaskService.TaskServiceClient(Broker.Channel).HoldTask(new Proto.HoldTaskRequest { TaskId = "t" });

        await Rpc.RefusedAsync(StatusCode.Unauthenticated, () => call.ResponseStream.MoveNext(default));
    }

    [Test]
    public async Task Bad_input_of_a_stranger_is_not_looked_at()
    {
        var refused = await Rpc.RefusedAsync(async () =>
            await new Proto.LeaseService.LeaseServiceClient(Broker.Channel).IssueLeaseAsync(new Proto.IssueLeaseRequest()));

        Assert.That(refused.StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
    }

    private async Task CallAsync(string method, string? header)
    {
        var bytes = Marshallers.Create<byte[]>(value => value, value => value);
        var slash = method.IndexOf('/');
        var headers = new Metadata();
        if (header is not null)
        {
            headers.Add("authorization", header);
        }

        await Broker.Channel.CreateCallInvoker().AsyncUnaryCall(
            new Method<byte[], byte[]>(MethodType.Unary, method[..slash], method[(slash + 1)..], bytes, bytes),
            host: null,
            new CallOptions(headers),
            []);
    }
}
