using SecretsBroker.Revocation;

namespace SecretsBroker.Tests.Revocation;

internal sealed class FanOutTests
{
    [Test]
    public async Task No_more_than_its_bound_are_under_way()
    {
        var (running, most) = (0, 0);
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        await FanOut.ForEachAsync(Enumerable.Range(0, FanOut.AtOnce * 4), async _ =>
        {
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            if (now == FanOut.AtOnce)
            {
                full.TrySetResult();
            }

            // None ends before as many as may be are under way.
            await full.Task;
            Interlocked.Decrement(ref running);
        });

        Assert.That(most, Is.EqualTo(FanOut.AtOnce));
    }

    [Test]
    public async Task Failure_of_one_keeps_none_of_the_others_from_its_turn()
    {
        var done = 0;

        await Assert.ThrowsAsync<InvalidOperationException>(() => FanOut.ForEachAsync(Enumerable.Range(0, 1_000), async item =>
        {
            await Task.Yield();
            if (item == 0)
            {
                throw new InvalidOperationException();
            }

            Interlocked.Increment(ref done);
        }));

        Assert.That(done, Is.EqualTo(999));
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}
