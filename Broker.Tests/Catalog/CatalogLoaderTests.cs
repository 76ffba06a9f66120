using System.Text;
using SecretsBroker.Catalog;

namespace SecretsBroker.Tests.Catalog;

internal sealed class CatalogLoaderTests
{
    [Test]
    public async Task A_catalogue_is_read_with_everything_that_it_says()
    {
        using var folder = new CatalogFolder();

        var load = await folder.Write(CatalogFolder.Good).LoadAsync();

        Assert.That(load.Faults, Is.Empty);
        var target = load.Snapshot!.FindTarget("invoices-db")!;
        Assert.That(target, Has.Property("Engine").EqualTo("postgres"));
        Assert.That(target.Concurrency, Is.EqualTo(4));
        Assert.That(target.Timeout, Is.EqualTo(TimeSpan.FromSeconds(3)));
        Assert.That(target.Settings.GetProperty("password").GetProperty("env").GetString(), Is.EqualTo("INVOICES_DB_PASSWORD"));
        var grant = load.Snapshot.FindGrant("read-invoices")!;
        Assert.That((grant.Action, grant.Resource, grant.Target, grant.Engine), Is.EqualTo(("read", "invoices-api/invoices", "invoices-api", "jwt")));
        Assert.That((grant.DefaultTimeToLive, grant.MaxTimeToLive), Is.EqualTo((TimeSpan.FromMinutes(5), TimeSpan.FromHours(1))));
        Assert.That((grant.Classification, grant.Environment), Is.EqualTo(("internal", "production")));
        Assert.That(grant.Tools, Is.EqualTo(new[] { "http", "browser" }));
        Assert.That(grant.RevokeOnViolation, Is.True);
        Assert.That(load.Snapshot.FindGrants("read", "invoices-api/invoices", engine: ""), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task What_is_not_stated_has_its_default()
    {
        using var folder = new CatalogFolder();

        var load = await folder.Write(CatalogFolder.Good).LoadAsync();

        var target = load.Snapshot!.FindTarget("invoices-api")!;
        Assert.That((target.Concurrency, target.Timeout), Is.EqualTo((16, TimeSpan.FromSeconds(10))));
        var grant = load.Snapshot.FindGrant("read-invoices-table")!;
        Assert.That((grant.Classification, grant.Environment, grant.Tools.Count, grant.RevokeOnViolation), Is.EqualTo(("", "", 0, false)));
        Assert.That(load.Snapshot.FindGrant("read-invoices")!.Settings.ValueKind, Is.EqualTo(System.Text.Json.JsonValueKind.Object));
    }

    [Test]
    public async Task A_grant_may_name_a_target_of_another_file()
    {
        using var folder = new CatalogFolder();
        var halves = CatalogFolder.Good.Split("grants:");

        var load = await folder.Write("grants:" + halves[1], "1-grants.yaml").Write(halves[0], "2-targets.yaml").LoadAsync();

        Assert.That(load.Faults, Is.Empty);
        Assert.That(load.Snapshot!.Grants, Has.Count.EqualTo(2));
    }

    [TestCase("name: invoices-api", "name: Invoices", "a.yaml:2 targets/0/name: must have 1 to 40 characters of [a-z0-9-]")]
    [TestCase("name: invoices-api", "title: x", "a.yaml:2 targets/0/name: is required", "a.yaml:2 targets/0/title: is not a known setting")]
    [TestCase("name: invoices-db", "name: invoices-api", "targets/invoices-api/name: must not be used twice; it is also at a.yaml:2")]
    [TestCase("engine: jwt", "engine: mysql", "a.yaml:3 targets/invoices-api/engine: must be one of aws-sts, external, jwt, oauth, postgres, rabbitmq, redis-acl, ssh, static, vault, x509")]
    [TestCase("engine: jwt", "kind: jwt", "a.yaml:2 targets/invoices-api/engine: is required")]
    [TestCase("concurrency: 4", "concurrency: 0", "a.yaml:10 targets/invoices-db/concurrency: must be a whole number from 1 to 1000")]
    [TestCase("concurrency: 4", "concurrency: four", "a.yaml:10 targets/invoices-db/concurrency: must be a whole number from 1 to 1000")]
    [TestCase("timeout: 3s", "timeout: 3", "a.yaml:11 targets/invoices-db/timeout: must be a duration such as 30s, from 100ms to 5m")]
    [TestCase("timeout: 3s", "timeout: 10m", "a.yaml:11 targets/invoices-db/timeout: must be a duration")]
    [TestCase("timeout: 3s", "timeout:", "a.yaml:11: 'timeout' must have a value, or be left out")]
    [TestCase("host: localhost", "host: localhost\n      hsot: x", "a.yaml:14 targets/invoices-db/settings/hsot: is not a known setting")]
    [TestCase("audience: invoices-api", "aud: invoices-api", "a.yaml:4 targets/invoices-api/settings/audience: is required")]
    [TestCase("name: read-invoices\n", "name: read_invoices\n", "grants/0/name: must have 1 to 40 characters of [a-z0-9-]")]
    [TestCase("action: read", "action: read all", "grants/read-invoices/action: must have 1 to 64 characters of [A-Za-z0-9._:-]")]
    [TestCase("resource: invoices-api/invoices", "resource: invoices api", "grants/read-invoices/resource: must have 1 to 256 characters")]
    [TestCase("resource: invoices-api/invoices", "resource: /invoices", "resource: must be parts divided by single '/'")]
    [TestCase("resource: invoices-api/invoices", "resource: a//b", "resource: must be parts divided by single '/'")]
    [TestCase("target: invoices-api", "target: invoices", "a.yaml:21 grants/read-invoices/target: must be the name of a target of the catalogue")]
    [TestCase("target: invoices-api", "note: x", "grants/read-invoices/target: is required", "grants/read-invoices/note: is not a known setting")]
    [TestCase("default_ttl: 5m", "default_ttl: 2h", "a.yaml:22 grants/read-invoices/default_ttl: must not be longer than max_ttl, 1h; it is 2h")]
    [TestCase("default_ttl: 5m", "default_ttl: 5 minutes", "grants/read-invoices/default_ttl: must be a duration such as 30s, from 1s to 1d")]
    [TestCase("default_ttl: 5m", "default_ttl: 0s", "grants/read-invoices/default_ttl: must be a duration")]
    [TestCase("max_ttl: 1h", "max_ttl: 25h", "grants/read-invoices/max_ttl: must be a duration such as 30s, from 1s to 1d")]
    [TestCase("max_ttl: 1h", "environment2: x", "grants/read-invoices/max_ttl: is required")]
    [TestCase("classification: internal", "classification: [a]", "grants/read-invoices/classification: must be text")]
    [TestCase("environment: production", "environment: prod env", "grants/read-invoices/environment: must have 1 to 64 characters")]
    [TestCase("[http, browser]", "[http, 'a b']", "grants/read-invoices/tools/1: must have 1 to 64 characters of [A-Za-z0-9._:/-]")]
    [TestCase("[http, browser]", "[]", "grants/read-invoices/tools: must name a tool")]
    [TestCase("[http, browser]", "http", "grants/read-invoices/tools: must be a list of texts")]
    [TestCase("on_violation: revoke", "on_violation: kill", "grants/read-invoices/on_violation: must be one of report, revoke")]
    [TestCase("statements:", "statement:", "grants/read-invoices-table/settings/statements: is required")]
    [TestCase("target: invoices-db", "target: invoices-api", "grant read-invoices at a.yaml:18 has the same")]
    [TestCase("targets:", "target:", "a.yaml:1 target: is not known; a catalogue has targets and grants")]
    [TestCase("grants:\n", "grants: {}\nx:\n", "grants: must be a list", "x: is not known")]
    [TestCase("  - name: invoices-api\n", "  - invoices\n  - name: invoices-api\n", "a.yaml:2 targets/0: must be an object")]
    [TestCase("settings:\n      issuer", "settings: text\n    more:\n      issuer", "targets/invoices-api/settings: must be an object")]
    public async Task Fault_is_told_with_its_place_and_rule(string right, string wrong, params string[] faults)
    {
        var at = CatalogFolder.Good.IndexOf(right, StringComparison.Ordinal);
        Assert.That(at, Is.GreaterThanOrEqualTo(0));

        var told = await CatalogFolder.FaultsOfAsync(CatalogFolder.Good[..at] + wrong + CatalogFolder.Good[(at + right.Length)..]);

        foreach (var fault in faults)
        {
            Assert.That(told, Has.One.Contains(fault));
        }
    }

    [Test]
    public async Task What_two_targets_cannot_have_together_is_told()
    {
        var told = await CatalogFolder.FaultsOfAsync(
            """
            targets:
              - { name: a-ca, engine: x509, settings: { key_file: /nowhere/a.key, certificate_file: /nowhere/a.pem } }
              - { name: b-ca, engine: x509, settings: { key_file: /nowhere/b.key, certificate_file: /nowhere/a.pem } }
              - { name: a, engine: external, settings: { socket: /run/a.sock, revocability: destroy, command: [/opt/a] } }
              - { name: b, engine: external, settings: { socket: /run/a.sock, revocability: destroy, command: [/opt/b] } }
            """);

        Assert.That(told, Is.EqualTo(new[]
        {
            "targets/b-ca/settings/certificate_file: must not be that of target a-ca, which publishes another list of what was revoked",
            "targets/b/settings/socket: must be another, or command, environment and owner those of target a, which has it too",
        }));
    }

    [Test]
    public async Task Every_fault_of_every_file_is_told_at_once()
    {
        using var folder = new CatalogFolder();
        folder.Write(CatalogFolder.Good.Replace("1h", "25h", StringComparison.Ordinal).Replace("host: localhost", "port: 0", StringComparison.Ordinal));
        folder.Write("targets: [", "b.yaml").Write("grants: []", "c.yml");
        File.WriteAllBytes(Path.Combine(folder.Path, "d.yaml"), [0x61, 0xFF]);

        var faults = (await folder.LoadAsync()).Faults.Select(fault => fault.ToString());

        Assert.That(faults, Is.EqualTo(new[]
        {
            "c.yml: must end with .yaml to be read",
            "d.yaml: must be UTF-8",
            "b.yaml:2:1: is not valid YAML",
            "a.yaml:12 targets/invoices-db/settings/host: is required",
            "a.yaml:13 targets/invoices-db/settings/port: must be a whole number from 1 to 65535",
            "a.yaml:23 grants/read-invoices/max_ttl: must be a duration such as 30s, from 1s to 1d",
        }));
    }

    [TestCase("password: {env: INVOICES_DB_PASSWORD}", "password: hunter2-canary", "targets/invoices-db/settings/password")]
    [TestCase("password: {env: INVOICES_DB_PASSWORD}", "password: 'hunter2-canary'\n      tls: {client_secret: hunter2-canary}", "settings/tls/client_secret")]
    [TestCase("password: {env: INVOICES_DB_PASSWORD}", "passphrase: hunter2-canary", "settings/passphrase")]
    [TestCase("password: {env: INVOICES_DB_PASSWORD}", "privateKey: hunter2-canary", "settings/privateKey")]
    [TestCase("password: {env: INVOICES_DB_PASSWORD}", "API-TOKEN: [hunter2-canary]", "settings/API-TOKEN/0")]
    [TestCase("password: {env: INVOICES_DB_PASSWORD}", "db_password: 123456", "settings/db_password")]
    [TestCase("password: {env: INVOICES_DB_PASSWORD}", "url: postgres://broker:hunter2-canary@db/x", "settings/url")]
    [TestCase("password: {env: INVOICES_DB_PASSWORD}", "pem: |\n        -----BEGIN EC PRIVATE KEY-----\n        hunter2-canary", "settings/pem")]
    [TestCase("statements:", "password: hunter2-canary\n      statements:", "grants/read-invoices-table/settings/password")]
    public async Task Secret_written_inline_is_refused_and_never_repeated(string right, string wrong, string path)
    {
        var faults = await CatalogFolder.FaultsOfAsync(CatalogFolder.Good.Replace(right, wrong, StringComparison.Ordinal));

        Assert.That(faults, Has.One.Contains($"{path}: must not be written here"));
        Assert.That(faults, Has.None.Contains("canary").And.None.Contains("123456"));
    }

    [TestCase("base_url: https://user@broker.example:8443/x")]
    [TestCase("issuer: https://broker.example/a:b@c")]
    public async Task Address_without_a_password_is_no_secret(string setting)
    {
        var faults = await CatalogFolder.FaultsOfAsync(CatalogFolder.Good.Replace("issuer: https://broker.example", setting, StringComparison.Ordinal));

        Assert.That(faults, Has.None.Contains("must not be written here"));
    }

    [Test]
    public async Task Folder_without_a_catalogue_is_a_fault()
    {
        using var folder = new CatalogFolder();

        Assert.That(
            (await folder.LoadAsync()).Faults.Select(fault => $"{fault}"),
            Is.EqualTo((string[])["*.yaml: the catalogue's folder must hold at least one such file"]));
        Assert.That((await folder.Write("", ".hidden.yaml").LoadAsync()).Faults, Has.Count.EqualTo(1));
        Assert.That((await folder.Write("# nothing yet\n").LoadAsync()).Faults, Is.Empty);
        Assert.That((await folder.Write("targets:\ngrants:\n").LoadAsync()).Faults, Is.Empty);
    }

    [Test]
    public async Task Folder_that_does_not_exist_is_a_fault()
    {
        var load = await CatalogLoader.LoadAsync("/does/not/exist", CatalogFolder.Types, CancellationToken.None);

        Assert.That(load.Faults.Single().ToString(), Is.EqualTo("/does/not/exist: must be a folder that can be read"));
    }

    [Test]
    public async Task Hash_follows_every_file()
    {
        using var folder = new CatalogFolder();
        var first = (await folder.Write(CatalogFolder.Good).LoadAsync()).Snapshot!.Hash;

        var comment = (await folder.Write(CatalogFolder.Good + "# more").LoadAsync()).Snapshot!.Hash;
        var another = (await folder.Write(CatalogFolder.Good).Write("", "b.yaml").LoadAsync()).Snapshot!.Hash;
        folder.Delete("b.yaml");
        var again = (await folder.LoadAsync()).Snapshot!.Hash;

        Assert.That(first, Does.Match("^[0-9a-f]{64}$"));
        Assert.That(new[] { first, comment, another }, Is.Unique);
        Assert.That(again, Is.EqualTo(first));
    }

    [Test]
    public async Task Too_many_entries_are_refused()
    {
        var text = new StringBuilder("targets:\n");
        for (var i = 0; i <= CatalogLoader.MaxTargets; i++)
        {
            text.Append("- {}\n");
        }

        Assert.That(await CatalogFolder.FaultsOfAsync(text.ToString()), Is.EqualTo(new[] { "targets: must be at most 1000; they are 1001" }));
    }

    [Test]
    public async Task Too_long_a_file_is_refused()
    {
        var faults = await CatalogFolder.FaultsOfAsync(new string('#', (1024 * 1024) + 1));

        Assert.That(faults, Has.One.StartsWith("a.yaml: must have at most 1048576 bytes"));
    }
}
