namespace SecretsBroker.Tests.CommandLine.Policies;

[NonParallelizable]
internal sealed class ExplainCommandTests
{
    private CompanyFolder _company = null!;

    [SetUp]
    public void MakeFolder() => _company = new CompanyFolder();

    [TearDown]
    public void RemoveFolder() => _company.Dispose();

    [Test]
    public async Task The_condition_that_was_not_met_is_shown_with_what_it_looked_at()
    {
        var run = await RunAsync(
            "--workload", "spiffe://example.org/research/a", "--group", "research", "--action", "read", "--resource", "invoices-api/invoices",
            "--tool", "http", "--ttl", "40m", "--time", "2030-01-31T12:00:00Z");

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.StartWith("denied: no policy permits this"));
        Assert.That(run.Output, Does.Contain("research-reads (permit, a.cedar:2:1): does not hold: a condition is not met")
            .And.Contain("  when (a.cedar:9:8) is not met")
            .And.Contain("    context.ttl <= duration(\"30m\") is false (a.cedar:9:8)")
            .And.Contain("      context.ttl = duration(\"40m\")")
            .And.Contain("not-by-night (forbid, a.cedar:19:1): does not hold")
            .And.Contain("1 more speak of other requests")
            .And.Not.Contain("payments-deletes"));
    }

    [Test]
    public async Task Options_go_before_what_the_file_says()
    {
        var question = _company.Write("question.yaml", """
            who: { workload: spiffe://example.org/payments, groups: [payments], claims: { team: a } }
            what: { action: delete, resource: invoices-api/invoices }
            context: { initiator: alice@example.com, time: "2030-01-31T12:00:00Z" }
            """);

        var denied = await RunAsync("--question", question, "--all");
        var allowed = await RunAsync("--question", question, "--initiator", "alice@example.org", "--claim", "team=b", "--label", "x=y");

        Assert.That(denied.Output, Does.StartWith("denied")
            .And.Contain("context.initiator like \"*@example.org\" is false")
            .And.Contain("research-reads (permit, a.cedar:2:1): speaks of another principal and another action"));
        Assert.That(allowed.Output, Does.StartWith("allowed: permitted"));
    }

    [Test]
    public async Task What_the_catalogue_rules_out_is_explained_without_policies()
    {
        var run = await RunAsync("--workload", "spiffe://example.org/a", "--action", "read", "--resource", "nothing");

        Assert.That(run.Output, Does.StartWith("denied: no grant serves this action on this resource").And.Not.Contain("permit"));
    }

    [Test]
    public async Task Question_that_several_grants_serve_has_to_name_the_engine()
    {
        _company.Write("catalog/b.yaml", """
            targets:
              - { name: agents-ca, engine: x509, settings: { key_file: a.key, certificate_file: a.pem } }
            grants:
              - { name: by-certificate, action: read, resource: invoices-api/invoices, target: agents-ca, default_ttl: 5m, max_ttl: 10m }
            """);
        string[] question = ["--workload", "spiffe://example.org/a", "--action", "read", "--resource", "invoices-api/invoices"];

        var open = await RunAsync(question);
        var named = await RunAsync([.. question, "--engine", "x509"]);

        Assert.That((open.ExitCode, named.ExitCode), Is.EqualTo((1, 0)), open.Errors + named.Errors);
        Assert.That(open.Errors, Does.Contain("several grants").And.Contain("--engine"));
    }

    [Test]
    public async Task What_is_missing_is_told()
    {
        var run = await RunAsync("--action", "read", "--claim", "team", "--time", "yesterday");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("who/workload: is required")
            .And.Contain("what/resource: is required")
            .And.Contain("claims: must be given as NAME=VALUE")
            .And.Contain("context/time: must be an instant"));
    }

    private Task<ProgramRun> RunAsync(params string[] arguments) =>
        BrokerRun.InvokeAsync(["policy", "explain", "--config", _company.Configuration, .. arguments]);
}
