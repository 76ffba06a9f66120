using Microsoft.Extensions.Options;
using SecretsBroker.Audit;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Engines;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Catalog;

internal sealed class CatalogReloadTests
{
    private CatalogFolder _folder = null!;
    private MeasuredBroker _measured = null!;
    private BrokerTracing _tracing = null!;
    private TargetEngines _engines = null!;
    private CurrentCatalog _current = null!;
    private RecordingAudit _audit = null!;
    private RecordingLogger<CatalogReload> _log = null!;
    private UnmakeableEngineType _unmakeable = null!;
    private ReloadTurn _turn = null!;
    private Func<CatalogSnapshot, Task<CatalogConsent>> _ask = null!;
    private CatalogReload _reload = null!;

    [SetUp]
    public async Task SetUp()
    {
        _folder = new CatalogFolder().Write(CatalogFolder.Good);
        _measured = new MeasuredBroker();
        _tracing = new BrokerTracing();
        _unmakeable = new UnmakeableEngineType();
        _engines = new TargetEngines([.. CatalogFolder.Types, _unmakeable], _measured.Metrics, _tracing, TimeProvider.System);
        _current = new CurrentCatalog();
        _turn = new ReloadTurn();
        _ask = _ => Task.FromResult(CatalogConsent.Given);
        _audit = new RecordingAudit();
        _log = new RecordingLogger<CatalogReload>();
        var options = Options.Create(new CatalogOptions { Folder = _folder.Path });
        _reload = new CatalogReload(
            options, _engines, _current, (next, _) => _ask(next), _turn, _audit, _measured.Metrics, _log);
        Assert.That(await _reload.LoadAsync(default), Is.Empty);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _engines.DisposeAsync();
        _tracing.Dispose();
        _measured.Dispose();
        _turn.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Start_brings_the_catalogue_into_force()
    {
        Assert.That(_current.Snapshot.Grants, Has.Count.EqualTo(2));
        Assert.That(_engines.Find("invoices-db"), Is.Not.Null);
        Assert.That(Events, Is.EqualTo(new[] { AuditEventType.CatalogLoaded }));
        Assert.That(_audit.Records[0].Outcome, Is.EqualTo($"2 targets, 2 grants, sha256 {_current.Snapshot.Hash}"));
        Assert.That(Reloads, Is.EqualTo(new[] { "loaded" }));
    }

    [Test]
    public async Task Pass_without_a_change_does_nothing()
    {
        var before = _current.Snapshot;

        await _reload.RunAsync(default);

        Assert.That(_current.Snapshot, Is.SameAs(before));
        Assert.That(Events, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Change_that_the_policies_do_not_fit_is_refused_before_its_engines_are_made()
    {
        var before = _current.Snapshot;
        _ask = _ => Task.FromResult(CatalogConsent.Refused([new CatalogFault("a.cedar:1:1", "does not fit")]));
        _folder.Write(CatalogFolder.Good.Replace("invoices-db", "orders-db", StringComparison.Ordinal));

        var faults = await _reload.LoadAsync(default);

        Assert.That(faults.Select(fault => fault.ToString()), Is.EqualTo(new[] { "a.cedar:1:1: does not fit" }));
        Assert.That(_current.Snapshot, Is.SameAs(before));
        Assert.That(_engines.Find("orders-db"), Is.Null);
        Assert.That(Events, Is.EqualTo(new[] { AuditEventType.CatalogLoaded, AuditEventType.CatalogRejected }));
    }

    [Test]
    public async Task What_goes_along_with_a_change_does_so_before_it_is_in_force()
    {
        var before = _current.Snapshot;
        CatalogSnapshot? during = null;
        _ask = _ => Task.FromResult(new CatalogConsent([], _ =>
        {
            during = _current.Snapshot;
            return Task.CompletedTask;
        }));
        _folder.Write(CatalogFolder.Good.Replace("invoices-db", "orders-db", StringComparison.Ordinal));

        Assert.That(await _reload.LoadAsync(default), Is.Empty);

        Assert.That(during, Is.SameAs(before));
        Assert.That(_current.Snapshot, Is.Not.SameAs(before));
    }

    [Test]
    public async Task Change_comes_into_force_with_its_engines_made_first()
    {
        var engine = _engines.Find("invoices-api");
        TargetEngine? known = null;
        _current.Replaced += _ => known = _engines.Find("orders-api");
        _folder.Write(
            """
            targets:
              - name: orders-api
                engine: jwt
                settings: {issuer: https://broker.example, audience: orders, key_file: /keys/o.pem}
            """,
            "orders.yaml");

        await _reload.RunAsync(default);

        Assert.That(known, Is.Not.Null);
        Assert.That(_engines.Find("invoices-api"), Is.SameAs(engine));
        Assert.That(Events, Is.EqualTo(new[] { AuditEventType.CatalogLoaded, AuditEventType.CatalogLoaded }));
    }

    [Test]
    public async Task Faulty_change_keeps_what_was_in_force_and_is_told_once()
    {
        var before = _current.Snapshot;
        _folder.Write(CatalogFolder.Good.Replace("1h", "25h", StringComparison.Ordinal).Replace("3s", "3", StringComparison.Ordinal));

        await _reload.RunAsync(default);
        await _reload.RunAsync(default);

        Assert.That(_current.Snapshot, Is.SameAs(before));
        Assert.That(_log.Text, Does.Contain("a.yaml:11 targets/invoices-db/timeout").And.Contain("a.yaml:23 grants/read-invoices/max_ttl"));
        Assert.That(_log.Text, Does.Contain("is refused for 2 faults. The one before it stays in force, with 2 grants"));
        Assert.That(Events, Is.EqualTo(new[] { AuditEventType.CatalogLoaded, AuditEventType.CatalogRejected }));
        Assert.That(_audit.Records[1].Reason, Does.Contain("grants/read-invoices/max_ttl"));
        Assert.That(Reloads, Is.EqualTo(new[] { "loaded", "rejected" }));
    }

    [Test]
    public async Task Two_different_faulty_changes_are_told_each()
    {
        _folder.Write("targets: [");
        await _reload.RunAsync(default);
        _folder.Write("targets: [[");
        await _reload.RunAsync(default);

        Assert.That(Events.Count(type => type == AuditEventType.CatalogRejected), Is.EqualTo(2));
    }

    [Test]
    public async Task Undone_fault_is_quiet_and_the_next_same_fault_is_told_again()
    {
        _folder.Write("targets: [");
        await _reload.RunAsync(default);
        _folder.Write(CatalogFolder.Good);
        await _reload.RunAsync(default);
        _folder.Write("targets: [");
        await _reload.RunAsync(default);

        Assert.That(Events, Is.EqualTo(new[]
        {
            AuditEventType.CatalogLoaded, AuditEventType.CatalogRejected, AuditEventType.CatalogRejected,
        }));
    }

    [Test]
    public async Task Files_that_vanish_end_nothing()
    {
        _folder.Delete("a.yaml");

        var faults = await _reload.LoadAsync(default);

        Assert.That(faults, Is.Not.Empty);
        Assert.That(_current.Snapshot.Grants, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Change_that_cannot_be_recorded_is_not_in_force_until_it_can()
    {
        var before = _current.Snapshot;
        _folder.Write(CatalogFolder.Good + "# changed");
        _audit.Fails = true;

        Assert.That(() => _reload.RunAsync(default), Throws.TypeOf<AuditException>());
        Assert.That(_current.Snapshot, Is.SameAs(before));

        _audit.Fails = false;
        await _reload.RunAsync(default);
        Assert.That(_current.Snapshot, Is.Not.SameAs(before));
    }

    [Test]
    public async Task Engine_that_cannot_be_made_refuses_the_change_and_is_tried_again()
    {
        var before = _current.Snapshot;
        var engine = _engines.Find("invoices-db");
        _folder.Write(CatalogFolder.Good.Replace("3s", "4s", StringComparison.Ordinal));
        _folder.Write("targets: [{name: zz, engine: unmakeable}]", "zz.yaml");

        var faults = await _reload.LoadAsync(default);
        await _reload.RunAsync(default);

        Assert.That(faults.Single().ToString(), Is.EqualTo("targets: an engine could not be made: ArgumentException"));
        Assert.That(_log.Text, Does.Not.Contain("canary"));
        Assert.That(_current.Snapshot, Is.SameAs(before));
        Assert.That(_engines.Find("invoices-db"), Is.SameAs(engine));
        Assert.That(Events, Has.Length.EqualTo(2));

        _unmakeable.Fails = false;
        await _reload.RunAsync(default);
        Assert.That(_current.Snapshot.FindTarget("zz"), Is.Not.Null);
    }

    [Test]
    public async Task Target_keeps_its_engine_so_that_its_leases_can_be_revoked()
    {
        var engine = _engines.Find("invoices-api");
        _folder.Write("targets: [{name: invoices-api, engine: x509, settings: {key_file: /k, certificate_file: /c}}]");

        var faults = await _reload.LoadAsync(default);

        Assert.That(faults.Single().ToString(), Does.StartWith("targets/invoices-api/engine: must stay what it was"));
        Assert.That(_engines.Find("invoices-api"), Is.SameAs(engine));
        Assert.That(_current.Snapshot.Grants, Has.Count.EqualTo(2));
    }

    [TestCase("ssh", "", false)]
    [TestCase("ssh", "previous_keys: [{file: FOLDER/ca.key, until: 2000-01-01T00:00:00Z}]", false)]
    [TestCase("ssh", "previous_keys: [{file: FOLDER/ca.key, until: 2999-01-01T00:00:00Z}]", true)]
    [TestCase("x509", "", false)]
    [TestCase("x509", "previous_authorities: [{key_file: FOLDER/ca.key, certificate_file: FOLDER/ca.pem, until: 2000-01-01T00:00:00Z}]", false)]
    [TestCase("x509", "previous_authorities: [{key_file: FOLDER/ca.key, certificate_file: FOLDER/ca.pem, until: 2999-01-01T00:00:00Z}]", true)]
    public async Task Authority_that_signed_until_now_must_go_on_to_tell_what_is_revoked(string type, string previous, bool isAccepted)
    {
        _folder.Write(CatalogFolder.Good, "b.yaml").Write(CatalogOf("ca", ""));
        Assert.That(await _reload.LoadAsync(default), Is.Empty);
        _folder.Write(CatalogOf("new", previous));

        var faults = await _reload.LoadAsync(default);

        var told = type == "ssh" ? "previous_keys" : "previous_authorities";
        Assert.That(faults.Select(fault => fault.Path), Is.EqualTo(isAccepted ? [] : (string[])[$"targets/ca/settings/{told}"]));
        Assert.That(faults.Select(fault => fault.Rule), Has.All.Contains("until 2h from now"));

        string CatalogOf(string name, string more) => $$"""
            targets:
              - name: ca
                engine: {{type}}
                settings:
                  key_file: FOLDER/{{name}}.key
                  {{(type == "x509" ? $"certificate_file: FOLDER/{name}.pem" : "")}}
                  {{more}}
            grants:
              - name: ca
                action: log-in
                resource: hosts
                target: ca
                default_ttl: 5m
                max_ttl: 2h
                {{(type == "ssh" ? "settings: {principals: [deploy]}" : "")}}
            """.Replace("FOLDER", _folder.Path, StringComparison.Ordinal);
    }

    [TestCase("host: localhost", "host: elsewhere", "host")]
    [TestCase("host: localhost", "host: localhost, port: 5433", "port")]
    public async Task Target_stays_the_system_that_its_leases_are_at(string setting, string changed, string told)
    {
        var engine = _engines.Find("invoices-db");
        _folder.Write(CatalogFolder.Good.Replace(setting, changed.Replace(", ", "\n      ", StringComparison.Ordinal), StringComparison.Ordinal));

        var faults = await _reload.LoadAsync(default);

        Assert.That(faults.Single().ToString(), Does.StartWith($"targets/invoices-db/settings/{told}: must stay what it was"));
        Assert.That(_engines.Find("invoices-db"), Is.SameAs(engine));
    }

    [Test]
    public async Task Target_may_change_what_does_not_say_where_it_is()
    {
        _folder.Write(CatalogFolder.Good.Replace("username: broker", "username: other", StringComparison.Ordinal));

        Assert.That(await _reload.LoadAsync(default), Is.Empty);
    }

    private AuditEventType[] Events => [.. _audit.Records.Select(record => record.Type)];

    private string?[] Reloads =>
    [
        .. _measured.Measured
            .Where(measured => measured.Name == TelemetryNames.Metrics.CatalogReloads)
            .Select(measured => measured.Tags[TelemetryNames.Attributes.Outcome]),
    ];

    private sealed class UnmakeableEngineType : ICredentialEngineType
    {
        public bool Fails { get; set; } = true;

        public string Name => "unmakeable";

        public void ValidateTarget(Target target, CatalogFaults faults)
        {
        }

        public void ValidateGrant(Grant grant, Target target, CatalogFaults faults)
        {
        }

        public ICredentialEngine Create(Target target) =>
            Fails ? throw new ArgumentException("canary") : Moq.Mock.Of<ICredentialEngine>();
    }
}
