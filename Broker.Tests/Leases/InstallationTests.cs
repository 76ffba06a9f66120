using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

internal sealed class InstallationTests
{
    [Test]
    public void An_installation_knows_its_leases_from_those_of_another_and_of_none()
    {
        var (mine, other) = (Installation.Of("orders-eu"), Installation.Of("orders-us"));
        var lease = LeaseId.New(0x2a, mine);

        Assert.Multiple(() =>
        {
            Assert.That(mine.Made(lease), Is.True);
            Assert.That(other.Made(lease), Is.False);
            Assert.That(Installation.Unnamed.Made(lease), Is.False);
            Assert.That(mine.Made(LeaseId.New(0x2a)), Is.False);
            Assert.That(lease.Shard, Is.EqualTo(0x2a));
            Assert.That(LeaseId.TryParse(lease.Value, out var parsed) ? parsed : default, Is.EqualTo(lease));
        });
    }

    [Test]
    public void The_mark_of_a_name_never_changes()
    {
        // In the names of roles and users at targets, where a later version must know it again.
        Assert.That(Installation.Of("orders-eu").Mark, Is.EqualTo("p1e34h"));
        Assert.That(Installation.Of("").Mark, Is.Null);
    }

    [Test]
    public void Leases_of_a_named_installation_differ()
    {
        var mine = Installation.Of("orders-eu");
        Assert.That(Enumerable.Range(0, 10_000).Select(_ => LeaseId.New(1, mine)).Distinct().Count(), Is.EqualTo(10_000));
    }

    [Test]
    public void A_name_at_a_target_is_a_leases_only_when_all_of_it_is()
    {
        var mine = Installation.Of("orders-eu");
        var lease = LeaseId.New(7, mine);
        var name = LeaseNames.Of(lease);

        Assert.Multiple(() =>
        {
            Assert.That(LeaseNames.Parse(name, mine.Mark!), Is.EqualTo(lease));
            foreach (var foreign in (string[])[name + "x", name[..^1], name.ToUpperInvariant(), "x" + name, "sb_admin", "", LeaseNames.Of(LeaseId.New(7))])
            {
                Assert.That(LeaseNames.Parse(foreign, mine.Mark!), Is.Null, foreign);
            }
        });
    }
}
