using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.V1;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.Tests.CommandLine.Policies;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>The policies of a running broker, asked by operators.</summary>
[NonParallelizable]
internal sealed class PolicyServiceTests
{
    private const string Operator = "spiffe://dev.local/people/op";
    private const string Reader = "spiffe://dev.local/people/reader";

    private const string Policies = """
        @id("agents-read")
        @max_ttl("5m")
        permit (principal, action == Action::"read", resource) when { context.ttl <= duration("9m") };
        @id("operators")
        permit (
          principal == Workload::"spiffe://dev.local/people/op",
          action in [Broker::Action::"read_policy", Broker::Action::"simulate_policy"],
          resource == Broker::Subject::"policies"
        );
        @id("readers")
        permit (principal == Workload::"spiffe://dev.local/people/reader", action == Broker::Action::"read_policy", resource);
        """;

    private TestBroker _broker = null!;
    private RawClient _operator = null!;
    private RawClient _reader = null!;

    private static PolicyQuestion Question => new()
    {
        Workload = "spiffe://dev.local/agent/b",
        Intent = new Intent { Action = "read", Resource = "memory/notes", TimeToLive = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMinutes(9)) },
        Labels = { ["ticket"] = "X-1" },
        Claims = { ["team"] = "a" },
        Groups = { "agents" },
        SourceAddress = "10.0.0.1",
    };

    [OneTimeSetUp]
    public async Task Start()
    {
        _broker = await TestBroker.StartAsync(options =>
        {
            options.Policies = Policies;
            options.Settings["Policy:ReloadInterval"] = "00:00:00.1";
            // Waiting is asking over and over.
            options.Settings["Issuance:MaxIssuesPerMinute"] = "0";
        });
        (_operator, _reader) = (_broker.ConnectRaw(Operator), _broker.ConnectRaw(Reader));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _operator?.Dispose();
        _reader?.Dispose();
        await _broker.DisposeAsync();
    }

    [Test]
    public async Task The_policies_in_force_are_told_page_by_page()
    {
        var first = await _operator.Policies.GetPoliciesAsync(new GetPoliciesRequest { PageSize = 2 }, _operator.Options());
        var second = await _operator.Policies.GetPoliciesAsync(new GetPoliciesRequest { PageToken = first.NextPageToken }, _operator.Options());

        Assert.That(first.PolicyHash, Does.Match("^[0-9a-f]{64}$"));
        Assert.That(first.LoadTime, Is.Not.Null);
        Assert.That((first.PolicyCount, second.NextPageToken), Is.EqualTo((3, "")));
        Assert.That(
            first.Policies.Concat(second.Policies).Select(policy => (policy.PolicyId, policy.AboutOperators, policy.Position.Line)),
            Is.EqualTo(new[] { ("agents-read", false, 1), ("operators", true, 4), ("readers", true, 10) }));
        Assert.That(first.Policies[0].Annotations["max_ttl"], Is.EqualTo("5m"));
        Assert.That(first.Policies[0].Text, Does.StartWith("@id(\"agents-read\")"));
    }

    [Test]
    public async Task A_question_is_answered_and_explained()
    {
        var allowed = await _reader.Policies.ExplainDecisionAsync(new ExplainDecisionRequest { Question = Question }, _reader.Options());
        var longer = Question;
        longer.Intent.TimeToLive.Seconds++;
        var denied = await _reader.Policies.ExplainDecisionAsync(new ExplainDecisionRequest { Question = longer }, _reader.Options());

        Assert.That((allowed.Answer.Allowed, allowed.Answer.Obligations["max_ttl"]), Is.EqualTo((true, "5m")));
        Assert.That(denied.Answer.Allowed, Is.False);
        Assert.That(denied.Policies.Select(policy => policy.PolicyId), Is.EqualTo(new[] { "agents-read" }));
        var finding = denied.Policies[0].Conditions.Single().Findings.Single();
        Assert.That((finding.Text, finding.Value, finding.Position.Line), Is.EqualTo(("context.ttl <= duration(\"9m\")", false, 3)));
    }

    [Test]
    public async Task What_others_would_answer_is_shown_and_nothing_changes()
    {
        var request = new SimulatePoliciesRequest { Questions = { Question }, Sources = { Source("permit (principal, action, resource);") } };

        var simulated = await _operator.Policies.SimulatePoliciesAsync(request, _operator.Options());

        var simulation = simulated.Simulations.Single();
        Assert.That(simulation.Changes, Is.True);
        Assert.That(simulation.InForce.Obligations, Contains.Key("max_ttl"));
        Assert.That((simulation.Candidate.Allowed, simulation.Candidate.Obligations.Count), Is.EqualTo((true, 0)));
        Assert.That((await InForceAsync()).PolicyHash, Is.EqualTo(simulation.InForce.PolicyHash));
    }

    [Test]
    public async Task Faults_of_others_are_told_with_their_place()
    {
        var faulty = await _operator.Policies.CheckPoliciesAsync(
            new CheckPoliciesRequest { Sources = { Source("permit (principal, action);") } }, _operator.Options());
        var right = await _operator.Policies.CheckPoliciesAsync(new CheckPoliciesRequest { Sources = { Source(Policies) } }, _operator.Options());

        Assert.That(faulty.Faults.Single().Path, Is.EqualTo("test.cedar:1:26"));
        Assert.That(right.FaultCount, Is.Zero);
        Assert.That(right.PolicyHash, Is.EqualTo((await InForceAsync()).PolicyHash), "the same files have the same hash");
    }

    [Test]
    public async Task A_change_that_was_refused_is_told_until_one_is_put_in_force()
    {
        var file = Path.Combine(_broker.Folder, "policies", "faulty.cedar");
        await File.WriteAllTextAsync(file, "permit (principal, action);");
        PolicyRefusal? refusal = null;
        await Wait.UntilAsync(async () => (refusal = await LastRefusalAsync()) is not null);

        Assert.That((refusal!.FaultCount, refusal.Faults.Single().Path), Is.EqualTo((1, "faulty.cedar:1:26")));

        var token = Path.Combine(_broker.Folder, "reader.token");
        await File.WriteAllTextAsync(token, _broker.TokenOf(Reader));
        var shown = await BrokerRun.InvokeAsync("policy", "show", "--address", _broker.Address.ToString(), "--token-file", token);
        Assert.That(shown.Errors, Does.Contain("was refused").And.Contain("faulty.cedar:1:26"));

        await File.WriteAllTextAsync(file, "// Nothing more.");
        await Wait.UntilAsync(async () => await LastRefusalAsync() is null);
        File.Delete(file);
        await Wait.UntilAsync(async () => (await _operator.Policies.CheckPoliciesAsync(
            new CheckPoliciesRequest { Sources = { Source(Policies) } }, _operator.Options())).PolicyHash == (await InForceAsync()).PolicyHash);

        async Task<PolicyRefusal?> LastRefusalAsync() => (await InForceAsync()).LastRefusal;
    }

    [Test]
    public async Task Only_those_to_whom_a_policy_says_so_are_answered_and_each_is_on_the_record()
    {
        using var agent = _broker.ConnectRaw();

        await AssertDeniedAsync(() => agent.Policies.GetPoliciesAsync(new GetPoliciesRequest(), agent.Options()).ResponseAsync);
        await AssertDeniedAsync(() => agent.Policies.ExplainDecisionAsync(new ExplainDecisionRequest(), agent.Options()).ResponseAsync);
        await AssertDeniedAsync(() => _reader.Policies.CheckPoliciesAsync(new CheckPoliciesRequest(), _reader.Options()).ResponseAsync);
        await AssertDeniedAsync(() => _reader.Policies.SimulatePoliciesAsync(new SimulatePoliciesRequest(), _reader.Options()).ResponseAsync);
        var record = await _broker.WaitForAuditAsync(
            AuditEventType.OperatorDecided, record => record.Workload == TestBroker.Agent && record.Allowed == false);
        Assert.That(record.Action, Does.Contain("read_policy"));
    }

    [TestCase("workload", "question.workload")]
    [TestCase("intent", "question.intent")]
    [TestCase("action", "question.intent.action")]
    [TestCase("address", "question.source_address")]
    [TestCase("time", "question.time")]
    [TestCase("method", "question.method")]
    [TestCase("groups", "question.groups")]
    [TestCase("claims", "question.claims")]
    public async Task What_breaks_a_rule_is_refused_by_name(string what, string field)
    {
        var question = Question;
        switch (what)
        {
            case "workload": question.Workload = "b"; break;
            case "intent": question.Intent = null; break;
            case "action": question.Intent.Action = "a b"; break;
            case "address": question.SourceAddress = "here"; break;
            case "time": question.Time = new Google.Protobuf.WellKnownTypes.Timestamp { Seconds = long.MaxValue }; break;
            case "method": question.Method = (WorkloadMethod)9; break;
            case "groups": question.Groups.Add(Enumerable.Repeat("g", 64)); break;
            default: question.Claims["x"] = new string('x', 201); break;
        }

        await AssertInvalidAsync(field, () => _reader.Policies.ExplainDecisionAsync(new ExplainDecisionRequest { Question = question }, _reader.Options()).ResponseAsync);
    }

    [Test]
    public async Task Files_and_pages_have_their_rules()
    {
        await AssertInvalidAsync("sources", () => CheckAsync(Source(new string(' ', 200_001))));
        await AssertInvalidAsync("sources.file_name", () => CheckAsync(Source("", "../x.cedar")));
        await AssertInvalidAsync("sources.file_name", () => CheckAsync(Source("", "x.yaml")));
        await AssertInvalidAsync("sources.file_name", () => CheckAsync(Source(""), Source("")));
        await AssertInvalidAsync("page_token", () => _operator.Policies.GetPoliciesAsync(new GetPoliciesRequest { PageToken = "x" }, _operator.Options()).ResponseAsync);
        await AssertInvalidAsync("page_size", () => _operator.Policies.GetPoliciesAsync(new GetPoliciesRequest { PageSize = 201 }, _operator.Options()).ResponseAsync);
        var moved = await Assert.ThrowsAsync<RpcException>(
            () => _operator.Policies.GetPoliciesAsync(new GetPoliciesRequest { PageToken = "0123.1" }, _operator.Options()).ResponseAsync);
        Assert.That(moved!.StatusCode, Is.EqualTo(StatusCode.Aborted));
    }

    [Test]
    public async Task The_command_line_asks_the_running_broker()
    {
        var token = Path.Combine(_broker.Folder, "operator.token");
        await File.WriteAllTextAsync(token, _broker.TokenOf(Operator));
        var candidate = Directory.CreateDirectory(Path.Combine(_broker.Folder, "candidate")).FullName;
        await File.WriteAllTextAsync(Path.Combine(candidate, "a.cedar"), "forbid (principal, action, resource);");
        string[] asked =
        [
            "--address", _broker.Address.ToString(), "--token-file", token,
            "--workload", "spiffe://dev.local/agent/b", "--action", "read", "--resource", "memory/notes",
        ];

        var explained = await BrokerRun.InvokeAsync(["policy", "explain", .. asked]);
        var simulated = await BrokerRun.InvokeAsync(["policy", "simulate", "--candidate", candidate, .. asked]);

        var shown = await BrokerRun.InvokeAsync("policy", "show", "--text", "--address", _broker.Address.ToString(), "--token-file", token);

        Assert.That(shown.Output, Does.Match("3 policies in force since .*, sha256 [0-9a-f]{64}")
            .And.Contain("agents-read (permit, about agents, test.cedar:1:1) @max_ttl(\"5m\")")
            .And.Contain("  permit (principal, action == Action::\"read\", resource)"), shown.Errors);
        Assert.That(explained.Output, Does.StartWith("allowed: permitted").And.Contain("agents-read (permit, test.cedar:1:1): holds: it permits"), explained.Errors);
        Assert.That(simulated.Output, Does.Match("decision +allow +deny"), simulated.Errors);
        Assert.That(simulated.ExitCode, Is.EqualTo(1));
    }

    [Test]
    public async Task The_command_line_says_that_it_was_refused()
    {
        var token = Path.Combine(_broker.Folder, "agent.token");
        await File.WriteAllTextAsync(token, _broker.TokenOf(TestBroker.Agent));

        var run = await BrokerRun.InvokeAsync(
            "policy", "explain", "--address", _broker.Address.ToString(), "--token-file", token,
            "--workload", "spiffe://dev.local/agent/b", "--action", "read", "--resource", "memory/notes");

        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Errors, Does.Contain("denied"));
    }

    private async Task<GetPoliciesResponse> InForceAsync() =>
        await _operator.Policies.GetPoliciesAsync(new GetPoliciesRequest(), _operator.Options());

    private static PolicySource Source(string text, string name = "test.cedar") => new() { FileName = name, Text = text };

    private Task<CheckPoliciesResponse> CheckAsync(params PolicySource[] sources) =>
        _operator.Policies.CheckPoliciesAsync(new CheckPoliciesRequest { Sources = { sources } }, _operator.Options()).ResponseAsync;

    private static async Task AssertDeniedAsync(Func<Task> call) =>
        Assert.That((await Assert.ThrowsAsync<RpcException>(call))!.StatusCode, Is.EqualTo(StatusCode.PermissionDenied));

    private static async Task AssertInvalidAsync(string field, Func<Task> call)
    {
        var error = (await Assert.ThrowsAsync<RpcException>(call))!;
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(error.Status.Detail, Does.StartWith($"{field}: "));
    }
}
