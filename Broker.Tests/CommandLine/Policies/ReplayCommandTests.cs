using Grpc.Core;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.CommandLine.Policies;

/// <summary>The log that a broker has written, decided again by the policies it was decided by, and by others.</summary>
[NonParallelizable]
internal sealed class ReplayCommandTests
{
    private const string AgentA = "spiffe://dev.local/agent/a";
    private const string AgentB = "spiffe://dev.local/agent/b";

    private const string Catalog = """
        targets:
          - name: invoices-api
            engine: jwt
            settings: { key_file: "{folder}/invoices-api.key", issuer: "https://broker.example/invoices-api", audience: invoices-api }
        grants:
          - { name: read-invoices, action: read, resource: api/invoices, target: invoices-api, default_ttl: 2m, max_ttl: 10m, tools: [http], settings: { bearer: true } }
          - { name: delete-invoices, action: delete, resource: api/invoices, target: invoices-api, default_ttl: 2m, max_ttl: 10m, settings: { bearer: true } }
        """;

    private const string Policies = """
        @id("reads")
        @max_ttl("5m")
        permit (principal, action == Action::"read", resource)
        when { context.ttl <= duration("8m") && context.purpose like "report*" };
        @id("b-deletes")
        permit (principal == Workload::"spiffe://dev.local/agent/b", action == Action::"delete", resource)
        when { context.labels has ticket && context has initiator };
        """;

    private const string Schema = "type Labels = { ticket?: String };";

    private TestBroker _broker = null!;

    [OneTimeSetUp]
    public async Task LeaveALog()
    {
        _broker = await TestBroker.StartAsync(options =>
        {
            options.Catalog = Catalog;
            options.Policies = Policies;
            options.Adapt = builder => File.WriteAllText(
                Path.Combine(builder.Configuration["Policy:Folder"]!, "broker.cedarschema"), Schema);
        });
        await AskAsync(AgentA, "read", "report of May", tool: "http", minutes: 6);
        await AskAsync(AgentA, "read", "report of June", tool: "http", minutes: 6);
        await AskAsync(AgentA, "read", "look", tool: "http", minutes: 6);
        await AskAsync(AgentA, "read", "report of June", tool: "shell", minutes: 6);
        await AskAsync(AgentA, "delete", "clean up", tool: "", minutes: 1);
        await AskAsync(AgentB, "delete", "clean up", tool: "", minutes: 1);
        await AskAsync(AgentB, "write", "report", tool: "", minutes: 1);
        await _broker.StopAsync();
    }

    [OneTimeTearDown]
    public async Task Remove() => await _broker.DisposeAsync();

    [Test]
    public async Task The_same_policies_change_nothing()
    {
        var run = await ReplayAsync(PathOf("policies"), _broker.AuditFile);

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(run.Output.Trim().Split(Environment.NewLine), Is.EqualTo(new[]
        {
            "7 decisions: 5 would be the same, 0 would change",
            "  2 were left out: made by no policy: the catalogue ruled them out, or policy could not be asked",
        }));
    }

    [Test]
    public async Task Other_policies_show_exactly_what_they_change()
    {
        var candidate = Write("other", Policies
            .Replace("\"5m\"", "\"3m\"", StringComparison.Ordinal)
            .Replace("agent/b", "agent/a", StringComparison.Ordinal));

        var run = await ReplayAsync(candidate, PathOf("audit"));

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Errors);
        Assert.That(run.Output, Does.StartWith("7 decisions: 1 would be the same, 4 would change"));
        Assert.That(run.Output, Does.Contain($"2 × {AgentA} to read api/invoices")
            .And.Contain("was       allow (max_ttl 5m)")
            .And.Contain("would be  allow (max_ttl 3m)")
            .And.Contain($"1 × {AgentA} to delete api/invoices")
            .And.Contain($"1 × {AgentB} to delete api/invoices")
            .And.Contain("would be  deny (no policy permits this)")
            .And.Match("such as   d-[0-9a-v]{20}, d-[0-9a-v]{20}"));
        Assert.That(run.Output, Does.Not.Contain("to write"));
    }

    [Test]
    public async Task A_log_whose_chain_is_broken_is_believed_only_when_told_so()
    {
        var folder = Directory.CreateDirectory(PathOf("broken")).FullName;
        var text = await File.ReadAllLinesAsync(_broker.AuditFile);
        var log = Path.Combine(folder, "test.jsonl");
        await File.WriteAllLinesAsync(log, text.Where((_, i) => i != 3));

        var refused = await ReplayAsync(PathOf("policies"), log);
        var told = await ReplayAsync(PathOf("policies"), log, "--unverified");

        Assert.That((refused.ExitCode, refused.Output), Is.EqualTo((2, "")));
        Assert.That(refused.Errors, Does.Contain("the chain is broken"));
        Assert.That(told.ExitCode, Is.Zero, told.Errors);
        Assert.That(told.Errors, Does.Contain("the chain is broken"));
    }

    [Test]
    public async Task A_faulty_candidate_decides_nothing()
    {
        var run = await ReplayAsync(Write("faulty", "permit ("), _broker.AuditFile);

        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Errors, Does.Contain("Policy: a.cedar:1:9"));
    }

    [Test]
    public async Task A_recorded_decision_is_explained()
    {
        var denied = (await _broker.ReadAuditAsync(SecretsBroker.Audit.AuditEventType.Decided)).First(record => record.Purpose == "look");

        var run = await BrokerRun.InvokeAsync(
            "policy", "explain", "--audit", _broker.AuditFile, "--decision", denied.DecisionId,
            "--folder", PathOf("policies"), "--catalog", PathOf("catalog"));

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.StartWith($"{denied.DecisionId} was denied: no policy permits this")
            .And.Contain("context.purpose like \"report*\" is false")
            .And.Contain("context.purpose = \"look\""));
    }

    [Test]
    public async Task A_decision_that_is_not_in_the_log_is_not_guessed()
    {
        var run = await BrokerRun.InvokeAsync(
            "policy", "explain", "--audit", _broker.AuditFile, "--decision", "d-none",
            "--folder", PathOf("policies"), "--catalog", PathOf("catalog"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("d-none"));
    }

    private Task<ProgramRun> ReplayAsync(string candidate, string audit, params string[] more) => BrokerRun.InvokeAsync(
        ["policy", "replay", "--audit", audit, "--candidate", candidate, "--catalog", PathOf("catalog"), .. more]);

    private string PathOf(string name) => Path.Combine(_broker.Folder, name);

    private string Write(string folder, string policies)
    {
        Directory.CreateDirectory(PathOf(folder));
        File.WriteAllText(Path.Combine(PathOf(folder), "a.cedar"), policies);
        File.WriteAllText(Path.Combine(PathOf(folder), "broker.cedarschema"), Schema);
        return PathOf(folder);
    }

    private async Task AskAsync(string workload, string action, string purpose, string tool, int minutes)
    {
        using var client = _broker.ConnectRaw(workload);
        var request = new IssueLeaseRequest
        {
            NewTask = new NewTask { Initiator = "alice@example.org", Labels = { ["ticket"] = "PAY-7" } },
            Intent = new Intent
            {
                Action = action,
                Resource = "api/invoices",
                Tool = tool,
                Purpose = purpose,
                TimeToLive = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMinutes(minutes)),
            },
        };
        try
        {
            await client.Leases.IssueLeaseAsync(request, client.Options());
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.PermissionDenied)
        {
            // Also a denial is a decision.
        }
    }
}
