namespace SecretsBroker.Tests.CommandLine.Policies;

[NonParallelizable]
internal sealed class SimulateCommandTests
{
    private CompanyFolder _company = null!;

    [SetUp]
    public void MakeFolder() => _company = new CompanyFolder();

    [TearDown]
    public void RemoveFolder() => _company.Dispose();

    [Test]
    public async Task Both_answers_stand_beside_each_other()
    {
        _company.Write("next/a.cedar", PolicyExamples.Policies.Replace("30m", "5m", StringComparison.Ordinal));

        var run = await RunAsync();

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Errors);
        Assert.That(run.Output, Does.Match(@"decision +allow +deny")
            .And.Match(@"reason +permitted +no policy permits this")
            .And.Match(@"policies +research-reads")
            .And.Match(@"obligations +max_ttl 10m")
            .And.Contain("The answer would change."));
    }

    [Test]
    public async Task A_shorter_limit_is_a_change_and_another_name_is_none()
    {
        _company.Write("next/a.cedar", PolicyExamples.Policies.Replace("\"10m\"", "\"9m\"", StringComparison.Ordinal));
        Assert.That((await RunAsync()).ExitCode, Is.EqualTo(1));

        _company.Write("next/a.cedar", PolicyExamples.Policies.Replace("research-reads", "readers", StringComparison.Ordinal));
        Assert.That((await RunAsync()).ExitCode, Is.Zero);
    }

    [Test]
    public async Task A_faulty_candidate_is_not_asked()
    {
        _company.Write("next/a.cedar", "permit (");

        var run = await RunAsync();

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("Policy: a.cedar:1:9"));
    }

    [Test]
    public async Task A_question_that_does_not_say_which_grant_is_not_answered()
    {
        _company.Write("next/a.cedar", PolicyExamples.Policies);
        _company.Write(
            "catalog/b.yaml",
            """
            targets:
              - name: agents-ca
                engine: x509
                settings: { key_file: ca.key, certificate_file: ca.pem }
            grants:
              - name: read-invoices-certificate
                action: read
                resource: invoices-api/invoices
                target: agents-ca
                default_ttl: 5m
                max_ttl: 1h
            """);

        var run = await RunAsync();

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output);
        Assert.That(run.Errors, Does.Contain("say of which engine (--engine)"));
    }

    private Task<ProgramRun> RunAsync() => BrokerRun.InvokeAsync(
        "policy", "simulate", "--config", _company.Configuration, "--candidate", _company.PathOf("next"),
        "--workload", "spiffe://example.org/research/a", "--group", "research", "--action", "read", "--resource", "invoices-api/invoices",
        "--tool", "http", "--ttl", "10m", "--time", "2030-01-31T12:00:00Z");
}
