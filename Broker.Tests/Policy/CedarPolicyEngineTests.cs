using SecretsBroker.Identity;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Schema;

namespace SecretsBroker.Tests.Policy;

internal sealed class CedarPolicyEngineTests
{
    private const string NoPolicy = "no policy permits this";
    private const string Forbidden = "a policy forbids this";
    private const string ForbidFailed = "a policy that forbids could not be evaluated";

    [TestCase("""principal == Workload::"spiffe://example.org/agents/a" """)]
    [TestCase("""principal in Group::"payments" && principal in Group::"agents" """)]
    [TestCase("""principal is Workload && principal.id like "spiffe://example.org/agents/*" """)]
    [TestCase("""principal.trust_domain == "example.org" """)]
    [TestCase("""principal.method == "oidc_token" """)]
    [TestCase("""principal.claims has team && principal.claims.team == "billing" && principal.claims has repository""")]
    [TestCase("""principal.claims has repository && principal.claims["repository"] == "acme/\"x\"" """)]
    [TestCase("""action == Action::"read" """)]
    [TestCase("""resource == Resource::"invoices-api/invoices/2030" """)]
    [TestCase("""resource in Resource::"invoices-api" && resource in Resource::"invoices-api/invoices" """)]
    [TestCase("""resource.grant == "read-invoices" && resource.engine == "jwt" && resource.target == "invoices" """)]
    [TestCase("""resource.classification == "internal" && resource.environment == "production" """)]
    [TestCase("""context.task == "task-1" && context.task_purpose == "close the month" """)]
    [TestCase("""context.purpose like "*report" && context has tool && context.tool == "http" """)]
    [TestCase("""context has initiator && context.initiator == "alice@example.org" """)]
    [TestCase("""context.labels has ticket && context.labels.ticket == "PAY-7" && context.labels has "a/b" && context.labels["a/b"] == "c" """)]
    [TestCase("""context.ttl == duration("5m") && context.ttl <= duration("300s") && context.ttl_seconds == 300""")]
    [TestCase("""context.time == datetime("2030-01-31T12:00:00Z") && context.time < datetime("2030-02-01")""")]
    [TestCase("""context has source_address && context.source_address.isInRange(ip("10.0.0.0/8"))""")]
    [TestCase("context.renewal == false")]
    public async Task Policy_can_ask_for(string condition)
    {
        Assert.That((await DecideAsync($"permit (principal, action, resource) when {{ {condition} }};")).Allowed, Is.True);
        Assert.That((await DecideAsync($"permit (principal, action, resource) unless {{ {condition} }};")).FailedPolicies, Is.Empty);
        Assert.That((await DecideAsync($"permit (principal, action, resource) unless {{ {condition} }};")).Allowed, Is.False);
    }

    [TestCase("context has initiator")]
    [TestCase("context has tool")]
    [TestCase("context has source_address")]
    [TestCase("principal.claims has team")]
    [TestCase("context.labels has ticket")]
    public async Task What_was_not_stated_is_not_there(string condition)
    {
        var policy = $"permit (principal, action, resource) when {{ {condition} }};";

        Assert.That((await DecideAsync(policy, Questions.Full())).Allowed, Is.True);
        Assert.That((await DecideAsync(policy, Questions.Bare())).Allowed, Is.False);
    }

    [TestCase("""resource.classification == "" && resource.environment == "" """)]
    [TestCase("""context.purpose == "" && context.task_purpose == "" """)]
    [TestCase("context.ttl_seconds == 60")]
    public async Task What_every_question_has_is_there_when_it_is_empty(string condition) =>
        Assert.That((await DecideAsync($"permit (principal, action, resource) when {{ {condition} }};", Questions.Bare())).Allowed, Is.True);

    [TestCase("resource in Resource::\"invoices\"")]
    [TestCase("resource in Resource::\"invoices-api/inv\"")]
    [TestCase("resource in Resource::\"\"")]
    [TestCase("principal in Group::\"admins\"")]
    [TestCase("resource in Group::\"payments\"")]
    public async Task Nothing_stands_below_what_only_looks_alike(string condition)
    {
        // Past the checks at load, which refuse most of these.
        var set = PolicySet.Parse([new PolicySource("a.cedar", $"permit (principal, action, resource) when {{ {condition} }};")]).OrThrow();
        var current = new CurrentPolicies();
        current.Replace(new PolicySnapshot(set, PolicySchema.BuiltIn, new Dictionary<string, Obligations>(), "1"));

        Assert.That((await new CedarPolicyEngine(current).DecideAsync(Questions.Full(), default)).Allowed, Is.False);
    }

    [TestCase(AuthenticationMethod.OidcToken, "oidc_token")]
    [TestCase(AuthenticationMethod.JwtSvid, "jwt_svid")]
    [TestCase(AuthenticationMethod.X509Svid, "x509_svid")]
    public async Task Methods_have_lasting_names(AuthenticationMethod method, string name)
    {
        var question = Questions.Full();

        var answer = await DecideAsync(
            $$"""permit (principal, action, resource) when { principal.method == "{{name}}" };""",
            question with { Workload = question.Workload with { Method = method } });

        Assert.That(answer.Allowed, Is.True);
    }

    [TestCase(Possession.None, "none")]
    [TestCase(Possession.Dpop, "dpop")]
    [TestCase(Possession.Certificate, "certificate")]
    public async Task Ways_to_prove_possession_have_lasting_names(Possession possession, string name)
    {
        var question = Questions.Full();
        question = question with { Workload = question.Workload with { Possession = possession } };

        var answer = await DecideAsync($$"""permit (principal, action, resource) when { principal.proof == "{{name}}" };""", question);
        var other = await DecideAsync($$"""permit (principal, action, resource) when { principal.proof != "{{name}}" };""", question);

        Assert.That((answer.Allowed, other.Allowed), Is.EqualTo((true, false)));
    }

    [TestCase("10.1.2.3", "10.1.2.3", true)]
    [TestCase("::ffff:10.1.2.3", "10.1.2.3", true)]
    [TestCase("2001:db8::1", "2001:db8::1", true)]
    [TestCase("fe80::1%3", "fe80::1", true)]
    [TestCase("not an address", "10.1.2.3", false)]
    public async Task Address_is_compared_as_one(string source, string address, bool allowed)
    {
        var question = Questions.Full();

        var answer = await DecideAsync(
            $$"""permit (principal, action, resource) when { context has source_address && context.source_address == ip("{{address}}") };""",
            question with { Context = question.Context with { SourceAddress = source } });

        Assert.That(answer.Allowed, Is.EqualTo(allowed));
    }

    [Test]
    public async Task Fraction_of_a_second_counts_as_a_whole_one()
    {
        var question = Questions.Full();
        question = question with { Intent = question.Intent with { TimeToLive = TimeSpan.FromSeconds(300.0000001) } };

        Assert.That((await DecideAsync("permit (principal, action, resource) when { context.ttl_seconds <= 300 };", question)).Allowed, Is.False);
        Assert.That((await DecideAsync("permit (principal, action, resource) when { context.ttl <= duration(\"5m\") };", question)).Allowed, Is.False);
    }

    [Test]
    public async Task Renewal_is_told()
    {
        var question = Questions.Full();

        var answer = await DecideAsync(
            "permit (principal, action, resource) when { context.renewal };", question with { Context = question.Context with { Renewal = true } });

        Assert.That(answer.Allowed, Is.True);
    }

    [Test]
    public async Task Two_grants_of_one_resource_keep_their_own_attributes()
    {
        using var folder = new PolicyFolder();
        var engine = await EngineAsync(
            folder.Write("permit (principal, action, resource) when { resource.classification == \"internal\" };"));
        var question = Questions.Full();
        var other = question with { Grant = question.Grant with { Name = "other", Engine = "x509", Classification = "restricted" } };

        Assert.That((await engine.DecideAsync(question, default)).Allowed, Is.True);
        Assert.That((await engine.DecideAsync(other, default)).Allowed, Is.False);
        Assert.That((await engine.DecideAsync(question, default)).Allowed, Is.True);
    }

    [Test]
    public async Task Permit_is_named_by_its_id_or_place()
    {
        var answer = await DecideAsync(
            """
            permit (principal, action == Action::"delete", resource);
            permit (principal, action == Action::"read", resource);
            @id("agents read")
            permit (principal in Group::"agents", action, resource);
            """);

        Assert.That(answer.Allowed, Is.True);
        Assert.That(answer.Policies, Is.EquivalentTo(new[] { "a.cedar#1", "agents read" }));
        Assert.That(answer.FailedPolicies, Is.Empty);
    }

    [Test]
    public async Task Nothing_is_allowed_without_a_permit()
    {
        var answer = await DecideAsync("permit (principal, action == Action::\"delete\", resource);");

        Assert.That((answer.Allowed, answer.Reason, answer.Policies.Count), Is.EqualTo((false, NoPolicy, 0)));
    }

    [Test]
    public async Task Forbid_wins_over_permit()
    {
        var answer = await DecideAsync("permit (principal, action, resource); @id(\"stop\") forbid (principal, action, resource);");

        Assert.That((answer.Allowed, answer.Reason), Is.EqualTo((false, Forbidden)));
        Assert.That(answer.Policies, Is.EqualTo(new[] { "stop" }));
    }

    [Test]
    public async Task Forbid_that_cannot_be_evaluated_denies()
    {
        var answer = await DecideAsync(
            """
            @id("all") @max_ttl("5m") permit (principal, action, resource);
            @id("broken") forbid (principal, action, resource) when { context.ttl_seconds * 9223372036854775807 > 5 };
            """);

        Assert.That((answer.Allowed, answer.Reason), Is.EqualTo((false, ForbidFailed)));
        Assert.That(answer.FailedPolicies, Is.EqualTo(new[] { "broken" }));
        Assert.That(answer.Policies, Is.Empty);
        Assert.That(answer.Obligations, Is.EqualTo(Obligations.None));
    }

    [Test]
    public async Task Forbid_that_holds_is_named_beside_one_that_fails()
    {
        var answer = await DecideAsync(
            """
            @id("stop") forbid (principal, action, resource);
            @id("broken") forbid (principal, action, resource) when { context.ttl_seconds * 9223372036854775807 > 5 };
            """);

        Assert.That((answer.Allowed, answer.Reason), Is.EqualTo((false, Forbidden)));
        Assert.That(answer.Policies, Is.EqualTo(new[] { "stop" }));
        Assert.That(answer.FailedPolicies, Is.EqualTo(new[] { "broken" }));
    }

    [Test]
    public async Task Permit_that_cannot_be_evaluated_permits_nothing_and_is_told()
    {
        var broken = "@id(\"broken\") permit (principal, action, resource) when { context.ttl_seconds * 9223372036854775807 < 5 };";

        var alone = await DecideAsync(broken);
        var beside = await DecideAsync(broken + "@id(\"all\") permit (principal, action, resource);");

        Assert.That((alone.Allowed, alone.Reason), Is.EqualTo((false, NoPolicy)));
        Assert.That(alone.FailedPolicies, Is.EqualTo(new[] { "broken" }));
        Assert.That(beside.Allowed, Is.True);
        Assert.That(beside.Policies, Is.EqualTo(new[] { "all" }));
        Assert.That(beside.FailedPolicies, Is.EqualTo(new[] { "broken" }));
    }

    [Test]
    public async Task Strictest_time_to_live_of_the_permits_holds()
    {
        var answer = await DecideAsync(
            """
            @max_ttl("10m") permit (principal, action, resource);
            @max_ttl("90s") permit (principal, action, resource);
            permit (principal, action, resource);
            @max_ttl("1s") permit (principal, action == Action::"delete", resource);
            """);

        Assert.That(answer.Obligations.MaxTimeToLive, Is.EqualTo(TimeSpan.FromSeconds(90)));
    }

    [Test]
    public async Task Everything_that_the_permits_demand_holds_together()
    {
        var answer = await DecideAsync(
            """
            @approval("payments-oncall") @advice("b") permit (principal, action, resource);
            @approval("security") @advice("a") permit (principal, action, resource);
            @sealed("required") @advice("a") permit (principal, action, resource);
            permit (principal, action, resource);
            @approval("nobody") @advice("c") permit (principal, action == Action::"delete", resource);
            """);

        Assert.That(answer.Obligations, Is.EqualTo(new Obligations(null, ["payments-oncall", "security"], Sealed: true, ["a", "b"])));
    }

    [Test]
    public async Task Permit_without_demands_demands_nothing() =>
        Assert.That((await DecideAsync("permit (principal, action, resource);")).Obligations, Is.EqualTo(Obligations.None));

    [Test]
    public async Task Answer_carries_the_hash_of_the_policies()
    {
        var first = await DecideAsync("permit (principal, action, resource);");
        var second = await DecideAsync("permit (principal, action, resource); // changed");

        Assert.That(first.PolicyHash, Does.Match("^[0-9a-f]{64}$").And.Not.EqualTo(second.PolicyHash));
    }

    [Test]
    public async Task Before_anything_is_loaded_everything_is_denied()
    {
        var answer = await new CedarPolicyEngine(new CurrentPolicies()).DecideAsync(Questions.Full(), default);

        Assert.That((answer.Allowed, answer.Reason), Is.EqualTo((false, NoPolicy)));
    }

    private static async Task<PolicyAnswer> DecideAsync(string policies, PolicyQuestion? question = null)
    {
        using var folder = new PolicyFolder();
        var engine = await EngineAsync(folder.Write(policies).Write(Questions.Schema, "broker.cedarschema"));
        return await engine.DecideAsync(question ?? Questions.Full(), CancellationToken.None);
    }

    private static async Task<CedarPolicyEngine> EngineAsync(PolicyFolder folder)
    {
        var load = await folder.LoadAsync();
        Assert.That(load.Faults, Is.Empty);
        var current = new CurrentPolicies();
        current.Replace(load.Snapshot!);
        return new CedarPolicyEngine(current);
    }
}
