using SecretsBroker.Behaviour;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Leases;

/// <summary>How workloads have behaved: what is added decays, by the store's clock, and for each workload by itself.</summary>
internal abstract partial class LeaseStoreContract
{
    // A clock that runs takes a little off before it is looked at.
    private const double Tolerance = 0.1;

    private ISignalStore Signals => (ISignalStore)Store;

    private TimeSpan HalfLife => Unit * 50;

    [Test]
    public async Task Workload_that_nothing_is_known_of_has_no_signals() =>
        Assert.That(await Signals.ReadSignalsAsync(Alice, HalfLife, None), Is.EqualTo(default(SignalLevels)));

    [Test]
    public async Task Signals_of_several_brokers_add_up_and_those_of_another_workload_do_not()
    {
        // Nothing decays while it is looked at.
        var halfLife = HalfLife * 1_000;
        await Signals.AddSignalsAsync([Delta(Alice, 1, 20, 3, 4, "a", "b"), Delta(Bob, 7, 0, 0, 0)], halfLife, None);

        var added = await Signals.AddSignalsAsync([Delta(Alice, 1, 0, 1, 0, "b", "c")], halfLife, None);

        AssertNear(added.Single().Levels, new SignalLevels(2, 20, 3, 4, 4));
        AssertNear(await Signals.ReadSignalsAsync(Alice, halfLife, None), new SignalLevels(2, 20, 3, 4, 4));
        AssertNear(await Signals.ReadSignalsAsync(Bob, halfLife, None), new SignalLevels(7, 0, 0, 0, 0));
    }

    [Test]
    public async Task Half_of_a_signal_is_left_after_a_half_life()
    {
        var before = await NowAsync();
        await Signals.AddSignalsAsync([Delta(Alice, 8, 40, 0, 2, "a", "b")], HalfLife, None);
        var from = await NowAsync();

        await ReachAsync(from + HalfLife);
        var levels = await Signals.ReadSignalsAsync(Alice, HalfLife, None);

        // As much too old as the clock has run on meanwhile.
        var late = Math.Pow(0.5, (await NowAsync() - before - HalfLife) / HalfLife);
        Assert.That(levels.Denials, Is.InRange((20 * late) - Tolerance, 20));
        Assert.That(levels.Resources, Is.InRange((1 * late) - Tolerance, 1));
        Assert.That(levels.Issues, Is.EqualTo(levels.Denials / 5).Within(0.001));
        var added = (await Signals.AddSignalsAsync([Delta(Alice, 0, 1, 0, 0, "a")], HalfLife, None)).Single().Levels;
        Assert.That(added.Denials, Is.LessThanOrEqualTo(21));
        Assert.That(added.Resources, Is.GreaterThan(levels.Resources).And.LessThanOrEqualTo(1.5), "the one that was asked for again counts in full");
    }

    [Test]
    public async Task Resources_are_remembered_up_to_a_limit_and_the_latest_of_them()
    {
        var first = Enumerable.Range(0, ISignalStore.MaxResources).Select(number => $"first-{number}").ToArray();
        await Signals.AddSignalsAsync([Delta(Alice, 0, 0, 0, 0, first)], HalfLife * 1_000, None);
        await PassAsync(1);

        var levels = (await Signals.AddSignalsAsync([Delta(Alice, 0, 0, 0, 0, "second-1", "second-2")], HalfLife * 1_000, None)).Single().Levels;
        var again = (await Signals.AddSignalsAsync([Delta(Alice, 0, 0, 0, 0, "second-1")], HalfLife * 1_000, None)).Single().Levels;

        Assert.That(levels.Resources, Is.EqualTo(ISignalStore.MaxResources).Within(Tolerance));
        Assert.That(again.Resources, Is.EqualTo(ISignalStore.MaxResources).Within(Tolerance));
    }

    [Test]
    public async Task Forgotten_workload_has_no_signals_any_more()
    {
        var halfLife = HalfLife * 1_000;
        await Signals.AddSignalsAsync([Delta(Alice, 1, 2, 3, 4, "a"), Delta(Bob, 1, 0, 0, 0)], halfLife, None);

        await Signals.ForgetSignalsAsync(Alice, None);

        Assert.That(await Signals.ReadSignalsAsync(Alice, halfLife, None), Is.EqualTo(default(SignalLevels)));
        AssertNear(await Signals.ReadSignalsAsync(Bob, halfLife, None), new SignalLevels(1, 0, 0, 0, 0));
    }

    private static SignalDelta Delta(
        WorkloadId workload, int issues, int denials, int violations, int failures, params string[] resources) =>
        new(workload, issues, denials, violations, failures, resources);

    private static void AssertNear(SignalLevels levels, SignalLevels expected)
    {
        var round = levels.Round();
        Assert.That(round, Is.EqualTo(expected.Round()));
    }
}
