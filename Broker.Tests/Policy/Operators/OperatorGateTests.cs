using SecretsBroker.Audit;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Policy.Operators;

internal sealed class OperatorGateTests
{
    private MeasuredBroker _measured = null!;
    private RecordingAudit _audit = null!;
    private RecordingLogger<OperatorGate> _log = null!;
    private CurrentPolicies _current = null!;
    private OperatorGate _gate = null!;

    [SetUp]
    public void SetUp()
    {
        _measured = new MeasuredBroker();
        _audit = new RecordingAudit();
        _log = new RecordingLogger<OperatorGate>();
        _current = new CurrentPolicies();
        _gate = new OperatorGate(_current, _audit, _measured.Metrics, TimeProvider.System, _log);
    }

    [TearDown]
    public void TearDown() => _measured.Dispose();

    [TestCase("""permit (principal, action == Broker::Action::"kill", resource);""", true)]
    [TestCase("""permit (principal in Group::"payments", action in [Broker::Action::"kill", Broker::Action::"lift_kill"], resource);""", true)]
    [TestCase("""permit (principal, action == Broker::Action::"kill", resource) when { resource.scope == "grant" && resource.value == "g" };""", true)]
    [TestCase("""permit (principal, action == Broker::Action::"kill", resource) when { context has reason && context.reason like "INC-*" && context has source_address && context.source_address.isLoopback() };""", true)]
    [TestCase("""permit (principal, action == Broker::Action::"kill", resource) when { principal.claims has team && principal.claims.team == "billing" };""", true)]
    [TestCase("permit (principal, action, resource);", false)]
    [TestCase("""permit (principal, action == Broker::Action::"lift_kill", resource);""", false)]
    [TestCase("""permit (principal in Group::"oncall", action == Broker::Action::"kill", resource);""", false)]
    [TestCase("", false)]
    public async Task Operator_may_what_a_policy_says_by_its_name(string policies, bool allowed)
    {
        await LoadAsync(policies);

        Assert.That((await _gate.DecideAsync(Kill(), default)).Answer.Allowed, Is.EqualTo(allowed));
    }

    [Test]
    public async Task Forbid_for_agents_takes_nothing_from_an_operator()
    {
        await LoadAsync("""forbid (principal, action, resource); permit (principal, action == Broker::Action::"kill", resource);""");

        Assert.That((await _gate.DecideAsync(Kill(), default)).Answer.Allowed, Is.True);
    }

    [Test]
    public async Task Permit_for_operators_gives_nothing_to_an_agent()
    {
        await LoadAsync("""permit (principal, action == Broker::Action::"kill", resource);""");

        Assert.That((await new CedarPolicyEngine(_current).DecideAsync(Questions.Full(), default)).Allowed, Is.False);
    }

    [Test]
    public async Task Forbid_by_the_actions_name_denies()
    {
        await LoadAsync(
            """
            permit (principal, action == Broker::Action::"kill", resource);
            @id("not-all") forbid (principal, action == Broker::Action::"kill", resource) when { resource.scope == "grant" };
            """);

        var answer = (await _gate.DecideAsync(Kill(), default)).Answer;

        Assert.That((answer.Allowed, answer.Policies.Single()), Is.EqualTo((false, "not-all")));
    }

    [Test]
    public async Task Forbid_that_cannot_be_evaluated_denies()
    {
        await LoadAsync(
            """
            permit (principal, action == Broker::Action::"kill", resource);
            @id("err") forbid (principal, action == Broker::Action::"kill", resource) when { context.time.offset(duration("9223372036854775807ms")) == context.time };
            """);

        var answer = (await _gate.DecideAsync(Kill(), default)).Answer;

        Assert.That((answer.Allowed, answer.FailedPolicies.Single()), Is.EqualTo((false, "err")));
    }

    [Test]
    public async Task Decision_is_on_the_record()
    {
        await LoadAsync("""@id("oncall") permit (principal, action == Broker::Action::"kill", resource);""");

        var decision = await _gate.DecideAsync(Kill(), default);

        var record = _audit.Records.Single();
        Assert.That((record.Type, record.DecisionId, record.Allowed), Is.EqualTo((AuditEventType.OperatorDecided, decision.Id, (bool?)true)));
        Assert.That(record.Workload, Is.EqualTo("spiffe://example.org/agents/a"));
        Assert.That((record.Action, record.Resource), Is.EqualTo(("Broker::Action::\"kill\"", "Broker::Selector::\"grant:g\"")));
        Assert.That((record.Policies.Single(), record.PolicyHash), Is.EqualTo(("oncall", _current.Snapshot.Hash)));
        Assert.That((record.Purpose, record.SourceAddress), Is.EqualTo(("INC-7", "127.0.0.1")));
        Assert.That(Outcomes(), Is.EqualTo(new[] { "allowed" }));
    }

    [Test]
    public async Task Nothing_follows_from_a_decision_that_cannot_be_recorded()
    {
        await LoadAsync("""permit (principal, action == Broker::Action::"kill", resource);""");
        _audit.Fails = true;

        Assert.That(() => _gate.DecideAsync(Kill(), default), Throws.TypeOf<AuditException>());
    }

    [Test]
    public async Task Taking_access_away_does_not_wait_for_the_audit_log([Values] bool permitted)
    {
        await LoadAsync(permitted ? """permit (principal, action == Broker::Action::"kill", resource);""" : "");
        _audit.Fails = true;

        var decision = await _gate.DecideAsync(Kill() with { WhenUnrecorded = WhenUnrecorded.GoOn }, default);

        Assert.That(decision.Answer.Allowed, Is.EqualTo(permitted));
        Assert.That(_log.Text, Does.Contain($"Decision {decision.Id} holds without being in the audit log"));
        Assert.That(Outcomes(), Is.EqualTo(new[] { "unrecorded" }));
    }

    [Test]
    public void Every_question_is_as_the_schema_says([ValueSource(typeof(OperatorAction), nameof(OperatorAction.All))] OperatorAction action)
    {
        var schema = SecretsBroker.Policy.Schema.PolicySchema.BuiltIn.Operators;
        var subject = schema.Actions[action.Uid].Resources.Single() switch
        {
            "Broker::Selector" => OperatorSubject.Selector("all", ""),
            "Broker::ApprovalGroup" => OperatorSubject.ApprovalGroup("oncall"),
            "Broker::Secret" => OperatorSubject.Secret("crm", "crm-login"),
            "Broker::Access" => OperatorSubject.Access(Questions.Bare().Grant),
            _ => OperatorSubject.Named("policies"),
        };
        foreach (var question in (OperatorQuestion[])[Kill() with { Action = action, Subject = subject }, new(Questions.Bare().Workload, action, subject)])
        {
            var (request, entities) = OperatorGate.Map(question, PolicySnapshot.Empty, DateTimeOffset.UnixEpoch);

            Assert.That(schema.FaultOf(request), Is.Null);
            Assert.That(entities.Entities.Select(schema.FaultOf), Is.All.Null);
        }
    }

    private static OperatorQuestion Kill() =>
        new(Questions.Full().Workload, OperatorAction.Kill, OperatorSubject.Selector("grant", "g")) { Reason = "INC-7", SourceAddress = "127.0.0.1" };

    private IEnumerable<object?> Outcomes() => _measured.Measured
        .Where(measured => measured.Name == TelemetryNames.Metrics.OperatorDecisions)
        .Select(measured => measured.Tags[TelemetryNames.Attributes.Outcome]);

    private async Task LoadAsync(string policies)
    {
        using var folder = new PolicyFolder();
        var load = await folder.Write(policies).Write(Questions.Schema, "broker.cedarschema").LoadAsync();
        Assert.That(load.Faults, Is.Empty);
        _current.Replace(load.Snapshot!);
    }
}
