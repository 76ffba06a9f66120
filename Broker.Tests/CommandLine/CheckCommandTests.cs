using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Catalog;

namespace SecretsBroker.Tests.CommandLine;

/// <summary>What <c>check</c> finds, and that <c>serve</c> does not start with it.</summary>
internal sealed class CheckCommandTests
{
    private const string InlineSecret = "hunter2-in-the-clear";

    private const string FaultyConfiguration = """
        Listen:
          Port: 70000
          Insecure: true
          Prot: 7443
        Store:
          Kind: mysql
          Retention: 31.00:00:00
        Identity:
          Audiences: [broker]
          TrustDomains:
            - Name: Example.Org
              BundleFile: bundle.json
        Tasks:
          DefaultGrace: 0.00:00:01
        Issuance:
          MaxLivePerTask: -1
        Revocation:
          StuckAfter: 0
        Recheck:
          Mode: sometimes
        Audit:
          Broker: not a name
        Catalog:
          Folder: catalog
        Policy:
          Folder: policies
        Limits:
          None: 1
        """;

    private static readonly string FaultyCatalog = $$"""
        targets:
          - name: orders
            engine: postgres
            settings:
              host: db.example.org
              database: orders
              username: broker
              password: {{InlineSecret}}
          - name: strange
            engine: ftp
        grants:
          - name: read-orders
            action: read
            resource: orders/invoices
            target: nowhere
            default_ttl: 10m
            max_ttl: 5m
        """;

    private const string FaultyPolicies = """
        @max_ttl("soon")
        permit (principal, action, resource);
        permit (principal, action, resource) when { principal.id = "x" };
        """;

    private const string MisspeltPolicies = """
        permit (principal, action == Action::"reed", resource);
        permit (principal, action, resource)
        when { resource.clasification == "internal" };
        """;

    private static readonly string[] Places =
    [
        "Listen:Port:", "Listen:Prot:", "Limits:None:", "Store:Kind:", "Store:Retention:", "Identity:TrustDomains:0:Name",
        "Tasks:DefaultGrace", "Issuance:MaxLivePerTask", "Revocation:StuckAfter", "Recheck:Mode", "Audit:Broker",
        "targets/orders/settings/password", "targets/strange/engine", "grants/read-orders/default_ttl", "faulty.cedar:3:",
    ];

    [Test]
    public async Task Every_fault_is_printed_at_once_and_no_secret()
    {
        using var folder = Write(FaultyConfiguration);
        var run = await ProgramRun.OfBrokerAsync("check", "--config", Path.Combine(folder.Path, "broker.yaml"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.Multiple(() =>
        {
            foreach (var place in Places)
            {
                Assert.That(run.Errors, Does.Contain(place));
            }

            Assert.That(run.Errors + run.Output, Does.Not.Contain(InlineSecret));
        });
    }

    [TestCase("check")]
    [TestCase("serve")]
    public async Task A_policy_that_misspells_what_the_catalogue_and_the_schema_have_is_told(string command)
    {
        using var folder = Write(
            """
            Listen: { Insecure: true, Port: 0 }
            Store: { Path: leases.db }
            Audit: { Folder: audit, Broker: test }
            Identity: { Audiences: [broker], TrustDomains: [{ Name: example.org, BundleFile: bundle.json }] }
            """);
        File.WriteAllText(Path.Combine(folder.Path, "bundle.json"), """{"keys":[]}""");
        File.WriteAllText(Path.Combine(folder.Path, "catalog", "faulty.yaml"), CatalogFolder.Good);
        File.WriteAllText(Path.Combine(folder.Path, "policies", "faulty.cedar"), MisspeltPolicies);
        var run = await ProgramRun.OfBrokerAsync(command, "--config", Path.Combine(folder.Path, "broker.yaml"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.Multiple(() =>
        {
            Assert.That(run.Errors, Does.Contain("Policy: faulty.cedar:1:1: policy faulty.cedar#0: the action Action::\"reed\" is not declared"));
            Assert.That(run.Errors, Does.Contain("Policy: faulty.cedar:3:8: policy faulty.cedar#1: Resource has no attribute `clasification`"));
        });
    }

    [Test]
    public async Task A_broker_with_faults_does_not_start()
    {
        using var folder = Write(FaultyConfiguration);
        var run = await ProgramRun.OfBrokerAsync("serve", "--config", Path.Combine(folder.Path, "broker.yaml"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("The broker does not start").And.Contains("Listen:Prot"));
    }

    [Test]
    public async Task Without_TLS_a_broker_listens_on_loopback_only()
    {
        using var folder = Write("Listen: { Address: 0.0.0.0 }");
        var run = await ProgramRun.OfBrokerAsync("serve", "--insecure", "--config", Path.Combine(folder.Path, "broker.yaml"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("Listen:Insecure"));
    }

    [Test]
    public async Task Without_a_certificate_a_broker_does_not_start()
    {
        using var folder = Write("Listen: { Port: 0 }");
        var run = await ProgramRun.OfBrokerAsync("serve", "--config", Path.Combine(folder.Path, "broker.yaml"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("Listen:CertificateFile").And.Contains("Listen:KeyFile"));
    }

    [TestCase("check")]
    [TestCase("serve")]
    public async Task A_configuration_that_is_not_there_is_told(string command)
    {
        var run = await ProgramRun.OfBrokerAsync(command, "--config", "/nowhere/broker.yaml");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("/nowhere/broker.yaml: cannot be read: it does not exist"));
    }

    [Test]
    public async Task A_folder_in_place_of_a_configuration_is_told()
    {
        using var folder = new TemporaryFolder();

        var run = await ProgramRun.OfBrokerAsync("check", "--config", folder.Path);

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain($"{folder.Path}: cannot be read: it is a folder"));
    }

    [TestCase("Listen: [", "is not valid YAML")]
    [TestCase("? {a: b}\n: c\n", "broker.yaml:1: a key must be text")]
    [TestCase("just words", "must be an object of sections")]
    public async Task A_file_that_is_no_configuration_is_told(string text, string told)
    {
        using var folder = Write(text);
        var run = await ProgramRun.OfBrokerAsync("check", "--config", Path.Combine(folder.Path, "broker.yaml"));

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output);
        Assert.That(run.Errors, Does.Contain(told).And.Not.Contains("   at "));
    }

    [TestCase("dev")]
    [TestCase("serve")]
    [TestCase("check")]
    [TestCase("token")]
    [TestCase("audit verify")]
    [TestCase("target rotate-password")]
    [TestCase("target ca-request")]
    [TestCase("health")]
    public async Task Every_command_explains_itself(string command)
    {
        var run = await ProgramRun.OfBrokerAsync([.. command.Split(' '), "--help"]);

        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(run.Output, Does.Contain("Usage:").And.Contains($"broker {command}"));
    }

    private static TemporaryFolder Write(string configuration)
    {
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "catalog"));
        Directory.CreateDirectory(Path.Combine(folder.Path, "policies"));
        File.WriteAllText(Path.Combine(folder.Path, "broker.yaml"), configuration);
        File.WriteAllText(Path.Combine(folder.Path, "catalog", "faulty.yaml"), FaultyCatalog);
        File.WriteAllText(Path.Combine(folder.Path, "policies", "faulty.cedar"), FaultyPolicies);
        return folder;
    }
}
