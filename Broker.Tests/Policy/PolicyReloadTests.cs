using Microsoft.Extensions.Options;
using SecretsBroker.Audit;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Policy;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Policy;

internal sealed class PolicyReloadTests
{
    private const string Permit = "permit (principal, action, resource);";

    private PolicyFolder _folder = null!;
    private MeasuredBroker _measured = null!;
    private CurrentPolicies _current = null!;
    private CurrentCatalog _catalog = null!;
    private ReloadTurn _turn = null!;
    private RecordingAudit _audit = null!;
    private RecordingLogger<PolicyReload> _log = null!;
    private CedarPolicyEngine _engine = null!;
    private PolicyReload _reload = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new PolicyFolder();
        _measured = new MeasuredBroker();
        _current = new CurrentPolicies();
        _audit = new RecordingAudit();
        _log = new RecordingLogger<PolicyReload>();
        _catalog = Questions.InForce();
        _turn = new ReloadTurn();
        _engine = new CedarPolicyEngine(_current);
        var options = Options.Create(new PolicyOptions { Folder = _folder.Path });
        _reload = new PolicyReload(options, _current, _catalog, _turn, _audit, _measured.Metrics, _log);
    }

    [TearDown]
    public void TearDown()
    {
        _measured.Dispose();
        _turn.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task Start_brings_the_policies_into_force()
    {
        _folder.Write(Permit);

        Assert.That(await _reload.LoadAsync(default), Is.Empty);

        Assert.That(await IsAllowedAsync(), Is.True);
        var record = _audit.Records.Single();
        Assert.That((record.Type, record.Outcome, record.PolicyHash), Is.EqualTo((AuditEventType.PolicyLoaded, "1 policies", _current.Snapshot.Hash)));
        Assert.That(_log.Text, Does.Not.Contain("every request is denied"));
    }

    [Test]
    public async Task Folder_without_policies_denies_everything_and_says_so()
    {
        Assert.That(await _reload.LoadAsync(default), Is.Empty);

        Assert.That(await IsAllowedAsync(), Is.False);
        Assert.That(_log.Text, Does.Contain("every request is denied"));
    }

    [Test]
    public async Task Change_decides_the_next_request()
    {
        _folder.Write(Permit);
        await _reload.LoadAsync(default);

        _folder.Write("forbid (principal, action, resource);", "stop.cedar");
        await _reload.RunAsync(default);
        Assert.That(await IsAllowedAsync(), Is.False);

        _folder.Delete("stop.cedar");
        await _reload.RunAsync(default);
        await _reload.RunAsync(default);
        Assert.That(await IsAllowedAsync(), Is.True);
        Assert.That(_audit.Records, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Faulty_change_keeps_what_was_in_force_and_is_told_once()
    {
        _folder.Write(Permit);
        await _reload.LoadAsync(default);
        var before = _current.Snapshot;
        _folder.Write("@max_ttl(\"x\") " + Permit, "b.cedar");

        await _reload.RunAsync(default);
        await _reload.RunAsync(default);

        Assert.That(_current.Snapshot, Is.SameAs(before));
        Assert.That(await IsAllowedAsync(), Is.True);
        Assert.That(_audit.Records.Select(record => record.Type), Is.EqualTo(new[] { AuditEventType.PolicyLoaded, AuditEventType.PolicyRejected }));
        Assert.That(_audit.Records[1].Reason, Does.StartWith("b.cedar:1:1: policy b.cedar#0 @max_ttl"));
        Assert.That(_audit.Records[1].PolicyHash, Is.Not.EqualTo(before.Hash));
        Assert.That(_log.Text, Does.Contain("are refused for 1 faults. Those before them stay in force, 1 of them"));
        Assert.That(
            _measured.Measured.Where(measured => measured.Name == TelemetryNames.Metrics.PolicyReloads).Select(measured => measured.Tags.Values.Single()),
            Is.EqualTo(new[] { "loaded", "rejected" }));
    }

    [Test]
    public async Task Fault_at_the_start_leaves_everything_denied()
    {
        _folder.Write("permit (");

        Assert.That(await _reload.LoadAsync(default), Is.Not.Empty);

        Assert.That(await IsAllowedAsync(), Is.False);
    }

    [Test]
    public async Task Change_that_cannot_be_recorded_is_not_in_force_until_it_can()
    {
        _folder.Write(Permit);
        _audit.Fails = true;

        Assert.That(() => _reload.RunAsync(default), Throws.TypeOf<AuditException>());
        Assert.That(await IsAllowedAsync(), Is.False);

        _audit.Fails = false;
        await _reload.RunAsync(default);
        Assert.That(await IsAllowedAsync(), Is.True);
    }

    [Test]
    public async Task Change_that_does_not_fit_the_catalogue_is_tried_again_with_the_next_one()
    {
        _folder.Write("""permit (principal, action == Action::"fetch", resource);""");

        var faults = await _reload.LoadAsync(default);
        await _reload.RunAsync(default);

        Assert.That(faults.Single().ToString(), Does.StartWith("a.cedar:1:1: policy a.cedar#0: the action Action::\"fetch\" is not declared"));
        Assert.That(_audit.Records.Select(record => record.Type), Is.EqualTo(new[] { AuditEventType.PolicyRejected }));

        _catalog.Replace(WithAction("fetch"));
        await _reload.RunAsync(default);

        Assert.That(_audit.Records.Select(record => record.Type), Is.EqualTo(new[] { AuditEventType.PolicyRejected, AuditEventType.PolicyLoaded }));
    }

    [Test]
    public async Task Catalogue_that_the_policies_in_force_do_not_fit_is_refused_with_the_reasons()
    {
        _folder.Write("""@id("x") permit (principal, action == Action::"delete", resource);""");
        await _reload.LoadAsync(default);

        Assert.That((await _reload.ConsentAsync(Questions.Catalog, default)).Faults, Is.Empty);
        Assert.That(
            (await _reload.ConsentAsync(WithAction("fetch"), default)).Faults.Single().ToString(),
            Does.StartWith("a.cedar:1:1: policy x: the action Action::\"delete\" is not declared").And.EndsWith("this policy is in force: change it first"));
    }

    [Test]
    public async Task Catalogue_that_was_refused_is_held_against_what_has_changed_since()
    {
        _folder.Write("""permit (principal, action == Action::"delete", resource);""");
        await _reload.LoadAsync(default);
        var next = WithAction("fetch");
        Assert.That((await _reload.ConsentAsync(next, default)).Faults, Is.Not.Empty);
        Assert.That((await _reload.ConsentAsync(next, default)).Faults, Is.Not.Empty);

        _folder.Write("""permit (principal, action == Action::"read", resource);""");
        await _reload.RunAsync(default);

        Assert.That((await _reload.ConsentAsync(next, default)).Faults, Is.Empty);
    }

    [Test]
    public async Task Policies_that_were_changed_together_with_the_catalogue_go_along_with_it()
    {
        _folder.Write("""permit (principal, action == Action::"delete", resource);""");
        await _reload.LoadAsync(default);
        var before = _current.Snapshot;
        _folder.Write("""permit (principal, action == Action::"fetch", resource);""");
        await _reload.RunAsync(default);
        Assert.That(_current.Snapshot, Is.SameAs(before));

        var consent = await _reload.ConsentAsync(WithAction("fetch"), default);
        Assert.That(consent.Faults, Is.Empty);
        Assert.That(_current.Snapshot, Is.SameAs(before));
        await consent.FollowAsync(default);

        Assert.That(_current.Snapshot, Is.Not.SameAs(before));
        Assert.That(_audit.Records[^1].Type, Is.EqualTo(AuditEventType.PolicyLoaded));
    }

    [Test]
    public async Task Change_that_was_refused_and_taken_back_waits_for_nobody()
    {
        _folder.Write(Permit);
        Assert.That(await _reload.LoadAsync(default), Is.Empty);
        _folder.Write("permit (");
        Assert.That(await _reload.LoadAsync(default), Is.Not.Empty);
        Assert.That(_current.State.LastRefusal, Is.Not.Null);

        _folder.Write(Permit);
        Assert.That(await _reload.LoadAsync(default), Is.Empty);

        Assert.That(_current.State.LastRefusal, Is.Null);
        Assert.That(_log.Text, Does.Contain("has been taken back"));
    }

    [Test]
    public async Task Change_of_the_schema_is_a_change_of_the_policies()
    {
        _folder.Write("""permit (principal, action, resource) when { principal.claims has team && principal.claims.team == "billing" };""");
        Assert.That((await _reload.LoadAsync(default)).Single().ToString(), Does.Contain("never has `team`"));

        _folder.Write(Questions.Schema, "broker.cedarschema");
        Assert.That(await _reload.LoadAsync(default), Is.Empty);
        Assert.That(await IsAllowedAsync(), Is.True);
        var before = _current.Snapshot;

        _folder.Write("type Claims = { team: String };", "broker.cedarschema");
        Assert.That(await _reload.LoadAsync(default), Is.Not.Empty);
        Assert.That(_current.Snapshot, Is.SameAs(before));
        Assert.That(_audit.Records[^1].Reason, Does.StartWith("broker.cedarschema:1:6: `Claims`: `team` must be an optional String"));
    }

    private static CatalogSnapshot WithAction(string action)
    {
        var grant = Questions.Full().Grant;
        return new CatalogSnapshot([], [grant, grant with { Name = "other", Action = action }], action);
    }

    private async Task<bool> IsAllowedAsync() => (await _engine.DecideAsync(Questions.Full(), default)).Allowed;
}
