using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Moq;
using Quartz;
using SecretsBroker.Audit;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Reconciliation;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>What brokers do by themselves, by the setting <c>Reconciliation:Mode</c>.</summary>
[NonParallelizable]
internal sealed class ReconcileJobTests
{
    [Test]
    public async Task Brokers_that_only_look_tell_at_each_pass_and_remove_nothing()
    {
        using var log = new CapturedLog();
        await using var broker = await StartAsync("dry_run", log, ("Reconciliation:Interval", "00:00:01"));
        var orphan = Put(broker);

        await Wait.UntilAsync(async () => (await PassesAsync(broker)).Count >= 2);

        Assert.That((await PassesAsync(broker)).Select(record => (record.Outcome, record.LeasesFound, record.LeasesGone)), Is.All.EqualTo(("DryRun", 1L, 0L)));
        Assert.That(log.Messages, Has.Some.Contains("Target vault does not hold what the leases say: 1 listed, 1 without a lease, 0 removed"));
        Assert.That(broker.Target.Live.Keys, Is.EqualTo(new[] { orphan }));
    }

    [TestCase("enforce", true)]
    [TestCase("dry_run", false)]
    [TestCase("off", false)]
    public async Task One_run_removes_what_no_lease_covers_if_it_may(string mode, bool mayRemove)
    {
        using var log = new CapturedLog();
        await using var broker = await StartAsync(mode, log, ("Reconciliation:Interval", "1.00:00:00"));
        var orphan = Put(broker);

        // More than once: the broker's own first run may just have looked, and be there still.
        await Wait.UntilAsync(async () =>
        {
            await ActivatorUtilities.CreateInstance<ReconcileJob>(broker.Services).Execute(Mock.Of<IJobExecutionContext>());
            return mode == "off" || (await PassesAsync(broker)).Count > 0;
        });

        Assert.That(broker.Target.Live.Keys, mayRemove ? Is.Empty : Is.EqualTo(new[] { orphan }));
        Assert.That(await PassesAsync(broker), mode == "off" ? Is.Empty : Is.Not.Empty);
    }

    [Test]
    public async Task Target_that_hangs_holds_up_no_other()
    {
        var hung = new HungTarget();
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(CatalogWithHung()),
            builder => builder.Services.AddSingleton<ICredentialEngineType>(hung),
            [.. ReconcilingOperator.Settings, ("Reconciliation:Mode", "enforce"), ("Reconciliation:Interval", "00:00:01")]);
        await hung.Asked.WaitAsync(TimeSpan.FromMinutes(3));

        // What comes after a pass has removed something is removed by a later one.
        for (var pass = 0; pass < 2; pass++)
        {
            var orphan = Put(broker);
            await Wait.UntilAsync(() => !broker.Target.Live.ContainsKey(orphan));
        }

        Assert.That(hung.Lists, Is.EqualTo(1));
    }

    [Test]
    public async Task Operator_is_told_how_long_the_broker_was_waited_for()
    {
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(CatalogWithHung(), ReconcilingOperator.Policies),
            builder => builder.Services.AddSingleton<ICredentialEngineType>(new HungTarget()),
            ReconcilingOperator.Settings);

        var run = await broker.RunReconcileAsync("hung", "--wait", "2");

        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Output + run.Errors, Does.Contain("it did not answer within 2 s"));
    }

    private static object CatalogWithHung() => new
    {
        targets = new[] { new { name = "hung", engine = "hung", timeout = "5m" }, new { name = "vault", engine = "fake", timeout = "5m" } },
        grants = new[]
        {
            new { name = "read-items", action = "read", resource = BrokerUnderTest.Items, target = "vault", default_ttl = "1m", max_ttl = "2m" },
        },
    };

    private static LeaseId Put(BrokerUnderTest broker)
    {
        var id = LeaseId.New(0, ReconcilingOperator.Installation);
        broker.Target.Live[id] = DateTimeOffset.MaxValue;
        return id;
    }

    private static Task<BrokerUnderTest> StartAsync(string mode, CapturedLog log, params (string Key, object Value)[] settings) =>
        BrokerUnderTest.StartAsync(
            new Sandbox(BrokerUnderTest.Catalog()),
            builder => builder.Logging.AddProvider(log),
            [.. ReconcilingOperator.Settings, ("Reconciliation:Mode", mode), .. settings]);

    private static async Task<IReadOnlyList<AuditRecord>> PassesAsync(BrokerUnderTest broker) =>
        await AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder)
            .Select(entry => entry.Record)
            .Where(record => record.Type == AuditEventType.TargetReconciled)
            .ToListAsync();
}
