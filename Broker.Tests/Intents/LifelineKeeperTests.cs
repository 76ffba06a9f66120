using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Sqlite;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Intents;

internal sealed class LifelineKeeperTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private static readonly TaskKey Key = new(new WorkloadId("spiffe://example.org/agents/alice"), new TaskId("t1"));

    private readonly TaskOptions _options = new();

    [Test]
    public async Task Task_outlives_its_lifeline_by_the_whole_grace_and_by_one_beat_at_most()
    {
        var time = new ManualTime();
        await using var store = new SqliteLeaseStore(new SqliteStoreOptions { Path = SqliteStoreOptions.InMemory }, time);
        using var measured = new MeasuredBroker();
        var keeper = new LifelineKeeper(store, Options.Create(_options), measured.Metrics, NullLogger<LifelineKeeper>.Instance);
        await store.StartTaskAsync(Key, new TaskContent("p", "", new Dictionary<string, string>()), TimeSpan.FromHours(1), default);

        // It breaks just before it would have been refreshed.
        using (var hold = await keeper.HoldAsync(Key, Grace, default))
        {
            Assert.That(hold!.Grace, Is.EqualTo(Grace));
            time.Advance(_options.BeatInterval - Moment);
        }

        time.Advance(Grace);
        Assert.That(await LostAsync(), Is.Empty, "somebody could still have come back");
        time.Advance(_options.BeatInterval);
        Assert.That((await LostAsync()).Single().Task!.Outcome, Is.EqualTo(TaskOutcome.Lost));

        async Task<IReadOnlyList<EndTaskResult>> LostAsync() =>
            await store.EndLostTasksAsync(LeaseShards.Of(Key.Owner, store.ShardCount), 10, default);
    }
}
