using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using SecretsBroker.Hosting;
using SecretsBroker.Leases;
using SecretsBroker.Tests.CommandLine.Policies;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>Nothing is reconciled where the installation has no name, and that is said.</summary>
[NonParallelizable]
internal sealed class UnnamedInstallationTests
{
    private const string Warning = "Nothing is reconciled: Store:Installation is not set";

    private static readonly object Database = new
    {
        name = "orders", engine = "postgres",
        settings = new
        {
            host = "db.example.org", database = "orders", username = "broker", password = new { file = "/run/secrets/orders" },
        },
    };

    [TestCase("", "enforce", true)]
    [TestCase("", "dry_run", true)]
    [TestCase("", "off", false)]
    [TestCase("production", "enforce", false)]
    public async Task Check_has_a_note_where_a_target_could_be_reconciled(string installation, string mode, bool isNoted)
    {
        using var sandbox = NewSandbox(Database, ApiAccess.Target);

        var (faults, notes) = await CheckAsync(sandbox, ("Store:Installation", installation), ("Reconciliation:Mode", mode));

        Assert.That(faults, Is.Empty);
        Assert.That(notes, isNoted ? Has.One.Contains("Store:Installation is not set").And.One.Contains("at orders:") : Is.Empty);
    }

    [Test]
    public async Task Check_has_no_note_where_no_target_can_be_listed()
    {
        using var sandbox = NewSandbox(ApiAccess.Target);

        Assert.That((await CheckAsync(sandbox)).Notes, Is.Empty);
    }

    [Test]
    public async Task Note_is_printed_and_is_no_fault()
    {
        using var sandbox = NewSandbox(Database);
        var file = sandbox.WriteConfiguration("one", sandbox.Settings("one", port: 0));

        var run = await BrokerRun.InvokeAsync("check", "--config", file);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain("note: Store:Installation is not set").And.Contain("no faults"));
    }

    [Test]
    public async Task Broker_warns_at_its_start_and_once_of_each_target()
    {
        using var log = new CapturedLog();
        await using var broker = await BrokerUnderTest.StartAsync(
            NewSandbox(Fake("vault"), ApiAccess.Target), builder => builder.Logging.AddProvider(log), ("Reconciliation:Interval", "00:00:01"));
        await Wait.UntilAsync(() => log.Messages.Any(message => message.Contains(Warning, StringComparison.Ordinal)));

        broker.Sandbox.WriteCatalog(Catalog(Fake("vault"), Fake("safe"), ApiAccess.Target));
        await Wait.UntilAsync(() => log.Messages.Any(message => message.Contains("at safe:", StringComparison.Ordinal)));

        Assert.That(log.Messages.Where(message => message.Contains(Warning, StringComparison.Ordinal)), Has.Exactly(2).Items);
        Assert.That(log.Messages, Has.One.Contains("at vault:"));
    }

    [Test]
    public async Task Broker_of_an_installation_with_a_name_warns_of_nothing()
    {
        using var log = new CapturedLog();
        await using var broker = await BrokerUnderTest.StartAsync(
            NewSandbox(Fake("vault")),
            builder => builder.Logging.AddProvider(log),
            ("Store:Installation", ReconcilingOperator.InstallationName),
            ("Reconciliation:Interval", "00:00:01"),
            ("Reconciliation:Grace", "00:00:00"));
        broker.Target.Live[LeaseId.New(0, ReconcilingOperator.Installation)] = DateTimeOffset.MaxValue;

        // A pass has been.
        await Wait.UntilAsync(() => broker.Target.Live.IsEmpty);

        Assert.That(log.Messages, Has.None.Contains(Warning));
    }

    private static async Task<CheckFindings> CheckAsync(Sandbox sandbox, params (string Key, object Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(sandbox.Settings("one", port: 0, settings)).Build();
        return await BrokerCheck.RunAsync((configuration, []), online: false, default);
    }

    private static Sandbox NewSandbox(params object[] targets) => new(Catalog(targets), "permit (principal, action, resource);");

    private static object Fake(string name) => new { name, engine = "fake" };

    private static object Catalog(params object[] targets) => new { targets, grants = Array.Empty<object>() };
}
