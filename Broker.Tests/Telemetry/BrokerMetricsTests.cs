using System.Reflection;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;
using static SecretsBroker.Telemetry.TelemetryNames;

namespace SecretsBroker.Tests.Telemetry;

internal sealed class BrokerMetricsTests
{
    [Test]
    public void Every_name_is_an_instrument_and_every_instrument_has_a_name_a_unit_and_a_description()
    {
        using var broker = new MeasuredBroker();

        var names = typeof(Metrics).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (string)field.GetRawConstantValue()!);

        Assert.Multiple(() =>
        {
            Assert.That(broker.Published.Select(instrument => instrument.Name), Is.EquivalentTo(names));
            Assert.That(broker.Published.Select(instrument => instrument.Unit), Has.None.Empty.And.None.Null);
            Assert.That(broker.Published.Select(instrument => instrument.Description), Has.None.Empty.And.None.Null);
        });
    }

    [Test]
    public void Two_brokers_in_one_process_count_apart()
    {
        using var one = new MeasuredBroker();
        using var other = new MeasuredBroker();

        one.Metrics.LeaseIssued("read-orders", "postgres");

        Assert.Multiple(() =>
        {
            Assert.That(one.Measured, Has.One.Property(nameof(Measured.Name)).EqualTo(Metrics.LeaseIssued));
            Assert.That(other.Measured, Is.Empty);
        });
    }

    [Test]
    public void Backlog_is_summed_over_shards_by_target()
    {
        var time = new ManualTime();
        using var broker = new MeasuredBroker(time);
        var now = time.GetUtcNow();
        broker.Metrics.SetBacklog(0, [new("orders", 5, 2, now.AddSeconds(-3), 1), new("cache", 1, 0, null, 0)], now);
        broker.Metrics.SetBacklog(1, [new("orders", 7, 1, now.AddSeconds(-9), 0)], now);

        Assert.Multiple(() =>
        {
            Assert.That(Value(broker, Metrics.LeaseLive, "orders"), Is.EqualTo(12));
            Assert.That(Value(broker, Metrics.LeaseLive, "cache"), Is.EqualTo(1));
            Assert.That(Value(broker, Metrics.LeaseStuck, "orders"), Is.EqualTo(1));
            Assert.That(Value(broker, Metrics.RevocationBacklog, "orders"), Is.EqualTo(3));
            Assert.That(Value(broker, Metrics.RevocationBacklogAge, "orders"), Is.EqualTo(9));
            Assert.That(Value(broker, Metrics.RevocationBacklogAge, "cache"), Is.Zero);
        });
    }

    [Test]
    public void A_newer_backlog_of_a_shard_takes_the_place_of_the_older()
    {
        var time = new ManualTime();
        using var broker = new MeasuredBroker(time);
        broker.Metrics.SetBacklog(0, [new("orders", 5, 2, time.GetUtcNow(), 1)], time.GetUtcNow());
        broker.Metrics.SetBacklog(0, [], time.GetUtcNow());

        Assert.That(broker.Observe(), Is.Empty);
    }

    [Test]
    public void Debt_ages_while_no_sweep_reports()
    {
        var time = new ManualTime();
        using var broker = new MeasuredBroker(time);
        broker.Metrics.SetBacklog(0, [new("orders", 1, 1, time.GetUtcNow().AddSeconds(-1), 0)], time.GetUtcNow());

        time.Advance(TimeSpan.FromMinutes(1));

        Assert.That(Value(broker, Metrics.RevocationBacklogAge, "orders"), Is.EqualTo(61));
    }

    [Test]
    public void Revocation_is_counted_by_cause_and_its_lag_measured_by_target()
    {
        using var broker = new MeasuredBroker();

        broker.Metrics.LeaseRevoked(EndCause.IssueFailed, "postgres", "orders", TimeSpan.FromMilliseconds(1500));

        var counted = broker.Measured.Single(measured => measured.Name == Metrics.LeaseRevoked);
        var lag = broker.Measured.Single(measured => measured.Name == Metrics.RevocationLag);
        Assert.Multiple(() =>
        {
            Assert.That(counted.Tags[Attributes.Cause], Is.EqualTo("issue_failed"));
            Assert.That(lag.Value, Is.EqualTo(1.5));
            Assert.That(lag.Tags[Attributes.Target], Is.EqualTo("orders"));
        });
    }

    [Test]
    public void A_denial_without_a_grant_never_takes_the_callers_words_as_label()
    {
        using var broker = new MeasuredBroker();

        broker.Metrics.LeaseDenied(DenialReason.UnknownGrant, grant: null);

        Assert.That(broker.Measured.Single().Tags[Attributes.Grant], Is.EqualTo("none"));
    }

    private static double Value(MeasuredBroker broker, string name, string target) =>
        broker.Observe().Single(measured => measured.Name == name && measured.Tags[Attributes.Target] == target).Value;
}
