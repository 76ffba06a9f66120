using System.Text;
using System.Text.Json.Nodes;
using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.Tests.Identity;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;
using TaskOptions = SecretsBroker.Client.TaskOptions;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>On whose behalf: what a token shows is told apart from what is merely stated, in policy, store, audit log and kill switch.</summary>
internal sealed class InitiatorTests
{
    private const string Alice = TestIssuer.Name + "#alice";

    private readonly TestIssuer _issuer = new();
    private TestBroker _broker = null!;

    [OneTimeSetUp]
    public async Task Start() => _broker = await TestBroker.StartAsync(options =>
    {
        _issuer.AddTo(options);
        _issuer.AddInitiatorsTo(options);
        options.Policies =
            """
            @id("for-finance")
            permit (principal, action == Action::"read", resource)
            when { context has verified_initiator && context.verified_initiator.groups.contains("finance") };

            @id("operators")
            permit (principal == Workload::"spiffe://dev.local/ops/o", action in [Broker::Action::"kill", Broker::Action::"lift_kill"], resource);
            """;
    });

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _broker.DisposeAsync();
        _issuer.Dispose();
    }

    [Test]
    public async Task Verified_initiator_is_a_fact_for_policy_and_on_the_record()
    {
        using var client = _broker.Connect();
        await using var task = await client.StartTaskAsync("read notes", new TaskOptions { InitiatorToken = _issuer.MintPerson("alice") });

        await using var lease = await task.AcquireAsync("read", "memory/notes");

        var decided = (await _broker.ReadAuditAsync(AuditEventType.Decided)).Single(record => record.Task == task.Id);
        Assert.That(
            (decided.Initiator, decided.InitiatorIssuer, decided.InitiatorSubject, decided.InitiatorName),
            Is.EqualTo((Alice, TestIssuer.Name, "alice", "alice@example.org")));
        Assert.That(decided.InitiatorGroups, Is.EqualTo(new[] { "finance" }));
        var issued = (await _broker.ReadAuditAsync(AuditEventType.Issued)).Single(record => record.Task == task.Id);
        Assert.That(issued.Initiator, Is.EqualTo(Alice));
    }

    [Test]
    public async Task Same_initiator_merely_stated_is_none_for_policy()
    {
        using var client = _broker.Connect();
        await using var task = await client.StartTaskAsync("read notes", new TaskOptions { Initiator = "alice" });

        await Assert.ThrowsAsync<AccessDeniedException>(() => task.AcquireAsync("read", "memory/notes"));

        var decided = (await _broker.ReadAuditAsync(AuditEventType.Decided)).Single(record => record.Task == task.Id);
        Assert.That((decided.Initiator, decided.InitiatorIssuer), Is.EqualTo(("alice", "")));
    }

    [Test]
    public async Task Task_of_one_secret_may_have_one_too()
    {
        using var raw = _broker.ConnectRaw();
        var request = new IssueLeaseRequest
        {
            NewTask = new NewTask { InitiatorToken = _issuer.MintPerson("bob"), Initiator = "bob@example.org" },
            Intent = new Intent { Action = "read", Resource = "memory/notes", Purpose = "read notes" },
        };

        var lease = (await raw.Leases.IssueLeaseAsync(request, raw.Options())).Lease;
        var task = (await raw.Tasks.GetTaskAsync(new GetTaskRequest { TaskId = lease.TaskId }, raw.Options())).Task;

        Assert.That((task.Initiator, task.VerifiedInitiator.Subject), Is.EqualTo((TestIssuer.Name + "#bob", "bob")));
    }

    [TestCase("")]
    [TestCase("alice")]
    [TestCase("alice@example.org")]
    [TestCase(Alice)]
    public async Task Caller_may_state_what_the_token_shows(string stated)
    {
        var task = await StartAsync(new StartTaskRequest { Initiator = stated, InitiatorToken = _issuer.MintPerson("alice") });

        Assert.That(task.Initiator, Is.EqualTo(Alice));
        Assert.That(
            (task.VerifiedInitiator.Issuer, task.VerifiedInitiator.Subject, task.VerifiedInitiator.Name),
            Is.EqualTo((TestIssuer.Name, "alice", "alice@example.org")));
    }

    [TestCase("bob", true)]
    [TestCase("Alice", true)]
    [TestCase(Alice, false, Description = "what only a token can show")]
    [TestCase(TestIssuer.Name + "#", false)]
    public async Task Initiator_that_contradicts_the_token_or_passes_for_one_is_refused(string stated, bool withToken)
    {
        await RefusedAsync(
            new StartTaskRequest { Initiator = stated, InitiatorToken = withToken ? _issuer.MintPerson("alice") : "" }, "initiator");
    }

    [TestCaseSource(nameof(BadTokens))]
    public async Task Bad_token_makes_no_initiator(BadInitiatorToken bad)
    {
        var token = bad.Make(this);

        await RefusedAsync(new StartTaskRequest { InitiatorToken = token }, "initiator_token");
    }

    [Test]
    public async Task Nobody_can_call_with_an_initiators_token()
    {
        var token = _issuer.MintPerson("alice");
        using var raw = new RawClient(_broker.Address, () => token);

        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await raw.Tasks.StartTaskAsync(new StartTaskRequest { Purpose = "read notes" }, raw.Options()));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
    }

    [Test]
    public async Task Kill_order_on_a_verified_initiator_stops_all_that_is_done_for_them()
    {
        using var client = _broker.Connect();
        using var operators = _broker.ConnectRaw("spiffe://dev.local/ops/o");
        await using var task = await client.StartTaskAsync("read notes", new TaskOptions { InitiatorToken = _issuer.MintPerson("mallory") });
        await using var bystander = await client.StartTaskAsync("read notes", new TaskOptions { InitiatorToken = _issuer.MintPerson("carol") });
        await using var lease = await task.AcquireAsync("read", "memory/notes");
        await using var other = await bystander.AcquireAsync("read", "memory/notes");

        var kills = new KillSwitchService.KillSwitchServiceClient(operators.Channel);
        using var killing = kills.Kill(
            new KillRequest { Selector = new KillSelector { Initiator = TestIssuer.Name + "#mallory" }, Reason = "a test" },
            operators.Options());
        await foreach (var progress in killing.ResponseStream.ReadAllAsync())
        {
            _ = progress;
        }

        await _broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == lease.Id);
        var stopped = await Assert.ThrowsAsync<AccessDeniedException>(() => task.AcquireAsync("read", "memory/notes"));
        Assert.That(stopped!.Reason, Is.EqualTo("KILLED"));
        await using var more = await bystander.AcquireAsync("read", "memory/notes");
    }

    [Test]
    public async Task Token_is_kept_nowhere()
    {
        var token = _issuer.MintPerson("dora");
        await StartAsync(new StartTaskRequest { InitiatorToken = token });
        var signature = token[(token.LastIndexOf('.') + 1)..];

        // A lock is held by who has it, and has no content.
        var files = Directory.EnumerateFiles(_broker.Folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal));
        foreach (var file in files)
        {
            try
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var reader = new StreamReader(stream, Encoding.Latin1);
                Assert.That(await reader.ReadToEndAsync(), Does.Not.Contain(signature), file);
            }
            catch (FileNotFoundException)
            {
                // Put aside for a moment, and gone again.
            }
        }
    }

    private static IEnumerable<BadInitiatorToken> BadTokens =>
    [
        new("no token", _ => "token"),
        new("over 16 KiB", test => test._issuer.MintPerson("alice", claims => claims["x"] = new string('x', 16 * 1024))),
        new("of an unknown issuer", test => test._issuer.MintPerson("alice", claims => claims["iss"] = "https://elsewhere.example/")),
        new("without an issuer", test => test._issuer.MintPerson("alice", claims => claims.Remove("iss"))),
        new("expired", test => test._issuer.MintPerson("alice", claims => claims["exp"] = Seconds(-31))),
        new("not yet valid", test => test._issuer.MintPerson("alice", claims => claims["nbf"] = Seconds(60))),
        new("for another audience", test => test._issuer.MintPerson("alice", claims => claims["aud"] = "elsewhere")),
        new("without an audience", test => test._issuer.MintPerson("alice", claims => claims.Remove("aud"))),
        new("of a workload", test => test._issuer.Mint("agent")),
        new("of the caller", test => test._broker.TokenOf(TestBroker.Agent)),
        new("without a subject", test => test._issuer.MintPerson("alice", claims => claims.Remove("sub"))),
        new("with a subject that no kill order could name", test => test._issuer.MintPerson("a\u202elice")),
        new("with a subject of 256 characters", test => test._issuer.MintPerson(new string('a', 256))),
        new("with a name that is no text", test => test._issuer.MintPerson("alice", claims => claims["email"] = new JsonArray("x"))),
        new("with groups that are none", test => test._issuer.MintPerson("alice", claims => claims["groups"] = 1)),
        new("bound to a key", test => test._issuer.MintPerson(
            "alice", claims => claims["cnf"] = new JsonObject { ["jkt"] = TestKey.Create("ES256", "x").Thumbprint })),
        new("signed by another", test => test._issuer.MintPerson("alice", key: TestKey.Create("ES256", "issuer"))),
        new("by a key that nobody knows", test => test._issuer.MintPerson("alice", key: TestKey.Create("ES256", "other"))),
        new("unsigned", test =>
        {
            var token = test._issuer.MintPerson("alice");
            return token[..(token.LastIndexOf('.') + 1)];
        }),
    ];

    private static long Seconds(int fromNow) => TimeProvider.System.GetUtcNow().AddSeconds(fromNow).ToUnixTimeSeconds();

    private async Task<SecretsBroker.V1.Task> StartAsync(StartTaskRequest request)
    {
        using var raw = _broker.ConnectRaw();
        request.Purpose = "read notes";
        return (await raw.Tasks.StartTaskAsync(request, raw.Options())).Task;
    }

    private async Task RefusedAsync(StartTaskRequest request, string field)
    {
        var started = (await _broker.ReadAuditAsync(AuditEventType.TaskStarted)).Count;

        var failure = await Assert.ThrowsAsync<RpcException>(() => StartAsync(request));

        var detail = ErrorDetail.Parser.ParseFrom(failure!.Trailers.GetValueBytes("secretsbroker-error-bin"));
        Assert.That((failure.StatusCode, detail.Field), Is.EqualTo((StatusCode.InvalidArgument, field)));
        Assert.That(await _broker.ReadAuditAsync(AuditEventType.TaskStarted), Has.Count.EqualTo(started));
    }

    /// <param name="Name">What is wrong with it.</param>
    /// <param name="Make">The token.</param>
    internal sealed record BadInitiatorToken(string Name, Func<InitiatorTests, string> Make)
    {
        public override string ToString() => Name;
    }
}
