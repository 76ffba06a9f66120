using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Reconciliation;
using SecretsBroker.Reconciliation.Signers;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Reconciliation.Signers;

/// <summary>How often all leases are read.</summary>
internal sealed class SignerWatchTests
{
    [TestCase(0, 60)]
    [TestCase(2, 60)]
    [TestCase(30, 600)]
    public async Task While_some_are_lost_it_looks_each_minute_or_rests_for_twenty_times_as_long_as_that_takes(int took, int rest)
    {
        var (time, looks) = (new ManualTime(), 0);
        using var measured = new MeasuredBroker(time);
        using var tracing = new BrokerTracing();
        await using var engines = Engines(measured, tracing, time);
        var lease = TestLeases.LeaseOf(TestLeases.Request(TestLeases.Grant("signing"), new CredentialInput.None(), time.GetUtcNow().AddHours(1)));
        var store = new Mock<ILeaseStore>();
        store.Setup(one => one.ShardCount).Returns(1);
        store.Setup(one => one.ListLiveAsync(0, null, It.IsAny<int>(), It.IsAny<CancellationToken>())).ReturnsAsync(() =>
        {
            looks++;
            time.Advance(TimeSpan.FromSeconds(took));
            return new LivePage([new LiveLease(lease with { Handle = DenyListing.HandleOf(lease.ExpireTime, "another") }, null)], null);
        });
        var watch = new SignerWatch(new LeaseSigners(new LeaseCover(store.Object), engines), measured.Metrics, time, NullLogger<SignerWatch>.Instance);

        await watch.RunAsync(CancellationToken.None);
        Assert.That((looks, watch.CountAt(lease.Target)), Is.EqualTo((1, 1)));

        time.Advance(TimeSpan.FromSeconds(rest - 1));
        await watch.RunAsync(CancellationToken.None);
        Assert.That(looks, Is.EqualTo(1));
        time.Advance(TimeSpan.FromSeconds(1));
        await watch.RunAsync(CancellationToken.None);
        Assert.That(looks, Is.EqualTo(2));
    }

    /// <summary>Of one target, whose signer is another than that of its leases.</summary>
    private static TargetEngines Engines(MeasuredBroker measured, BrokerTracing tracing, TimeProvider time)
    {
        var (type, engine) = (new Mock<ICredentialEngineType>(), new Mock<ISigningEngine>());
        engine.Setup(one => one.ReadSigners()).Returns(["own"]);
        engine.Setup(one => one.LostSigner).Returns("");
        type.Setup(one => one.Name).Returns("signing");
        type.Setup(one => one.Create(It.IsAny<Target>())).Returns(engine.Object);
        var engines = new TargetEngines([type.Object], measured.Metrics, tracing, time);
        engines.Follow(new CatalogSnapshot([TestLeases.Target("signing", new { })], [], "1"));
        return engines;
    }
}
