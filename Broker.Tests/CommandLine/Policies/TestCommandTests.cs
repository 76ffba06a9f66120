using System.Xml.Linq;

namespace SecretsBroker.Tests.CommandLine.Policies;

[NonParallelizable]
internal sealed class TestCommandTests
{
    private const string Cases = """
        workloads:
          researcher: { workload: spiffe://example.org/research/a, groups: [research] }
          payments:
            workload: spiffe://example.org/payments
            groups: [payments]
            method: oidc_token
        cases:
          - name: research reads invoices for ten minutes
            who: researcher
            what: { action: read, resource: invoices-api/invoices, tool: http, ttl: 20m }
            expect: { decision: allow, policies: [research-reads], obligations: { max_ttl: 10m } }
          - name: not longer than half an hour
            who: researcher
            what: { action: read, resource: invoices-api/invoices, tool: http, ttl: 31m }
            expect: { decision: deny, policies: [], reason: no policy permits }
          - name: nor by night
            who: researcher
            what: { action: read, resource: invoices-api/invoices, tool: http }
            context: { time: "2030-01-31T03:00:00Z" }
            expect: { decision: deny, policies: [not-by-night] }
          - name: nor with another tool
            who: researcher
            what: { action: read, resource: invoices-api/invoices, tool: shell }
            expect: { decision: deny, reason: the grant does not allow this tool }
          - name: what the catalogue does not have is denied
            who: researcher
            what: { action: read, resource: secrets }
            expect: { decision: deny, reason: no grant serves this }
          - name: payments deletes on somebody's behalf
            who: payments
            what: { action: delete, resource: invoices-api/invoices }
            context: { initiator: alice@example.org, purpose: clean up, labels: { ticket: PAY-7 }, source_address: 10.0.0.1, renewal: true }
            expect: { decision: allow, policies: [payments-deletes], obligations: {} }
          - name: payments deletes for who has shown it
            who: { workload: spiffe://example.org/payments/agent, method: oidc_token, proof: dpop, groups: [payments] }
            what: { action: delete, resource: invoices-api/invoices }
            context:
              verified_initiator: { issuer: "https://idp.example.org/", subject: alice@example.org, groups: [finance] }
              purpose: clean up
              labels: { ticket: PAY-7 }
              source_address: 10.0.0.1
            expect: { decision: allow }
          - name: on-call looks at policies
            who: { workload: spiffe://example.org/people/bob, groups: [on-call] }
            what: { operator: read_policy, subject: policies }
            expect: { decision: allow, policies: [on-call] }
          - name: on-call kills nothing
            who: { workload: spiffe://example.org/people/bob, groups: [on-call] }
            what: { operator: kill, selector: { scope: all } }
            context: { reason: a drill }
            expect: { decision: deny }
        """;

    private CompanyFolder _company = null!;

    [SetUp]
    public void MakeFolder() => _company = new CompanyFolder();

    [TearDown]
    public void RemoveFolder() => _company.Dispose();

    [Test]
    public async Task Cases_that_hold_are_one_line_each()
    {
        var run = await RunAsync(Cases);

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(run.Output.Trim().Split(Environment.NewLine), Has.Length.EqualTo(10).And.Some.EqualTo("9 cases, 0 failed"));
    }

    [Test]
    public async Task A_case_that_does_not_hold_shows_what_was_expected_and_what_came()
    {
        var run = await RunAsync(Cases
            .Replace("max_ttl: 10m", "max_ttl: 5m", StringComparison.Ordinal)
            .Replace("policies: [not-by-night]", "policies: [not-by-day]", StringComparison.Ordinal)
            .Replace("deny, reason: no grant", "allow, reason: some grant", StringComparison.Ordinal));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Does.Contain("9 cases, 3 failed")
            .And.Contain("FAIL  research reads invoices for ten minutes (cases.yaml:8)")
            .And.Contain("obligations: expected [max_ttl: 5m], was [max_ttl: 10m]")
            .And.Contain("policies: expected [not-by-day], was [not-by-night]")
            .And.Contain("decision: expected allow, was deny (no grant serves this action on this resource)"));
    }

    [Test]
    public async Task A_policy_that_cannot_be_evaluated_is_told_unless_it_was_expected()
    {
        _company.Write("policies/b.cedar", "@id(\"overflow\") permit (principal, action, resource) when { context.ttl_seconds * 9223372036854775807 > 0 };");
        const string Case = """
            cases:
              - name: a
                who: { workload: spiffe://example.org/a }
                what: { action: delete, resource: invoices-api/invoices }
                expect: { decision: deny }
            """;

        var unexpected = await RunAsync(Case);
        var expected = await RunAsync(Case.Replace("deny }", "deny, failed_policies: [overflow] }", StringComparison.Ordinal));

        Assert.That(unexpected.Output, Does.Contain("failed_policies: expected [], was [overflow]"));
        Assert.That(expected.ExitCode, Is.Zero, expected.Output);
    }

    [Test]
    public async Task Every_kind_of_obligation_can_be_expected()
    {
        _company.Write("policies/b.cedar", """
            @approval("security") @sealed("required") permit (principal in Group::"emergency", action == Action::"delete", resource);
            @approval("oncall") @advice("say why") permit (principal in Group::"emergency", action == Action::"delete", resource);
            """);

        var run = await RunAsync("""
            cases:
              - name: an emergency
                who: { workload: spiffe://example.org/a, groups: [emergency] }
                what: { action: delete, resource: invoices-api/invoices }
                expect:
                  decision: allow
                  obligations: { approval: "oncall, security", sealed: required, advice: say why }
            """);

        Assert.That(run.ExitCode, Is.Zero, run.Output);
    }

    [TestCase("who: researcher", "who: nobody", "cases.yaml:9 cases/0/who: 'nobody' is none of this file's workloads")]
    [TestCase("tool: http, ttl: 20m", "tol: http, ttl: 20m", "cases.yaml:10 cases/0/what/tol: is not a known setting")]
    [TestCase("ttl: 20m", "ttl: soon", "cases.yaml:10 cases/0/what/ttl: must be a duration")]
    [TestCase("decision: allow, policies: [research-reads]", "policies: [research-reads]", "cases.yaml:11 cases/0/expect/decision: is required")]
    [TestCase("decision: allow", "decision: maybe", "cases.yaml:11 cases/0/expect/decision: must be one of allow, deny")]
    [TestCase("spiffe://example.org/research/a", "researcher", "cases.yaml:2 cases/0/who/workload: must be a SPIFFE ID")]
    [TestCase("2030-01-31T03:00:00Z", "2030-01-31T03:00:00", "cases.yaml:19 cases/2/context/time: must be an instant")]
    [TestCase("name: not longer than half an hour", "name: research reads invoices for ten minutes", "cases.yaml:12 cases/1/name: is taken")]
    [TestCase("operator: read_policy", "operator: rule", "cases/7/what/operator: must be one of read_policy,")]
    [TestCase("workloads:", "workload:", "cases.yaml:1 workload: is not a known setting")]
    [TestCase("cases:", "tests:", "cases: must be a list of 1 to 10000 cases")]
    public async Task A_fault_of_the_file_is_told_with_its_line(string right, string wrong, string fault)
    {
        var run = await RunAsync(Cases.Replace(right, wrong, StringComparison.Ordinal));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain(fault));
    }

    [Test]
    public async Task Results_are_written_for_the_ci_that_reads_JUnit()
    {
        var report = _company.PathOf("results.xml");

        await RunAsync(Cases.Replace("max_ttl: 10m", "max_ttl: 5m", StringComparison.Ordinal), "--junit", report);

        var suite = XDocument.Load(report).Root!.Element("testsuite")!;
        Assert.That(
            ((string?)suite.Attribute("name"), (int?)suite.Attribute("tests"), (int?)suite.Attribute("failures")),
            Is.EqualTo(("cases.yaml", 9, 1)));
        var failed = suite.Elements("testcase").Single(element => element.Element("failure") is not null);
        Assert.That((string?)failed.Attribute("name"), Is.EqualTo("research reads invoices for ten minutes"));
        Assert.That(failed.Value, Does.Contain("obligations: expected [max_ttl: 5m], was [max_ttl: 10m]"));
    }

    private Task<ProgramRun> RunAsync(string cases, params string[] more) => BrokerRun.InvokeAsync(
        ["policy", "test", "--config", _company.Configuration, _company.Write("cases.yaml", cases), .. more]);
}
