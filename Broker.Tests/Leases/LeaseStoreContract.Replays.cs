using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Leases;

/// <summary>What may be used once.</summary>
internal abstract partial class LeaseStoreContract
{
    private static readonly ReplayKey Used = ReplayKey.OfToken("https://issuer.example/", "1");

    private IReplayStore Replays => (IReplayStore)Store;

    [Test]
    public async Task Second_use_is_told_from_the_first()
    {
        var until = await NowAsync() + (Unit * 1_000);

        Assert.That(await Replays.TryUseAsync(Used, until, None), Is.True);
        Assert.That(await Replays.TryUseAsync(Used, until, None), Is.False);
        Assert.That(await Replays.TryUseAsync(Used, until + (Unit * 1_000), None), Is.False);
    }

    [Test]
    public async Task Of_many_uses_at_once_one_counts()
    {
        var until = await NowAsync() + (Unit * 1_000);

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => Task.Run(async () => await Replays.TryUseAsync(Used, until, None))));

        Assert.That(answers.Count(first => first), Is.EqualTo(1));
    }

    [Test]
    public async Task Uses_of_different_things_do_not_touch()
    {
        var until = await NowAsync() + (Unit * 1_000);
        ReplayKey[] keys =
        [
            Used, ReplayKey.OfToken("https://issuer.example/", "2"), ReplayKey.OfToken("https://other.example/", "1"),
            ReplayKey.OfProof("https://issuer.example/", "1"),
        ];

        foreach (var key in keys)
        {
            Assert.That(await Replays.TryUseAsync(key, until, None), Is.True);
        }
    }

    [Test]
    public async Task What_is_over_cannot_be_used_at_all()
    {
        var now = await NowAsync();

        Assert.That(await Replays.TryUseAsync(Used, now, None), Is.False);
        Assert.That(await Replays.TryUseAsync(Used, now - Unit, None), Is.False);
    }

    [Test]
    public async Task Use_is_forgotten_once_its_time_is_over()
    {
        var until = await NowAsync() + (Unit * 20);
        Assert.That(await Replays.TryUseAsync(Used, until, None), Is.True);

        await ReachAsync(until + Unit);

        Assert.That(await Replays.TryUseAsync(Used, await NowAsync() + (Unit * 1_000), None), Is.True);
    }
}
