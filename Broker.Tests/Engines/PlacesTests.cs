using SecretsBroker.Engines;

namespace SecretsBroker.Tests.Engines;

internal sealed class PlacesTests
{
    [Test]
    public async Task Places_are_given_in_the_order_of_asking()
    {
        var places = new Places(1);
        var held = await places.EnterAsync(CancellationToken.None);
        var second = places.EnterAsync(CancellationToken.None);
        var third = places.EnterAsync(CancellationToken.None);

        held.Dispose();
        using (await second)
        {
            Assert.That(third.IsCompleted, Is.False);
        }

        (await third).Dispose();
    }

    [Test]
    public async Task A_place_given_back_twice_is_one_place()
    {
        var places = new Places(1);
        var held = await places.EnterAsync(CancellationToken.None);
        held.Dispose();
        held.Dispose();
        using var next = await places.EnterAsync(CancellationToken.None);

        Assert.That(places.EnterAsync(CancellationToken.None).IsCompleted, Is.False);
    }

    [Test]
    public async Task Whoever_gives_up_leaves_the_line()
    {
        var places = new Places(1);
        var held = await places.EnterAsync(CancellationToken.None);
        using var giveUp = new CancellationTokenSource();
        var impatient = places.EnterAsync(giveUp.Token);
        var patient = places.EnterAsync(CancellationToken.None);

        await giveUp.CancelAsync();
        Assert.That(async () => await impatient, Throws.InstanceOf<OperationCanceledException>());
        held.Dispose();
        (await patient).Dispose();
    }

    [Test]
    public async Task Line_that_is_full_turns_away_until_somebody_has_left_it()
    {
        var places = new Places(1, line: 1, TimeProvider.System);
        var held = await places.EnterAsync(CancellationToken.None);
        var waiting = places.TryEnterAsync(CancellationToken.None);

        Assert.That(await places.TryEnterAsync(CancellationToken.None), Is.Null);
        held.Dispose();
        using (await waiting)
        {
            var next = places.TryEnterAsync(CancellationToken.None);
            Assert.That(next.IsCompleted, Is.False);
        }
    }

    [Test]
    public async Task Expected_wait_follows_how_long_places_are_kept_and_how_many_wait()
    {
        var time = new ManualTime();
        var places = new Places(2, line: 10, time);
        var (first, second) = (await places.EnterAsync(CancellationToken.None), await places.EnterAsync(CancellationToken.None));
        time.Advance(TimeSpan.FromSeconds(4));
        first.Dispose();
        second.Dispose();
        Assert.That(places.ExpectedWait, Is.EqualTo(TimeSpan.FromSeconds(6)));

        for (var i = 0; i < 5; i++)
        {
            _ = places.TryEnterAsync(CancellationToken.None);
        }

        Assert.That(places.ExpectedWait, Is.EqualTo(TimeSpan.FromSeconds(12)));
    }

    [Test]
    public async Task No_place_is_lost_or_made_under_load()
    {
        var places = new Places(3);
        var inside = 0;
        var most = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 2_000),
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (i, _) =>
            {
                using var giveUp = new CancellationTokenSource();
                var entering = places.EnterAsync(giveUp.Token);
                if (i % 3 == 0)
                {
                    await giveUp.CancelAsync();
                }

                try
                {
                    using var place = await entering;
                    InterlockedMax(ref most, Interlocked.Increment(ref inside));
                    await Task.Yield();
                    Interlocked.Decrement(ref inside);
                }
                catch (OperationCanceledException)
                {
                    Assert.That(i % 3, Is.Zero);
                }
            });

        Assert.That(most, Is.LessThanOrEqualTo(3));
        for (var i = 0; i < 3; i++)
        {
            Assert.That(places.EnterAsync(CancellationToken.None).IsCompleted, Is.True);
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref most)) < value && Interlocked.CompareExchange(ref most, value, seen) != seen)
        {
        }
    }
}
