using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Redis;

namespace SecretsBroker.Tests.Leases.Redis;

/// <summary>The contract on a real server, whose time runs: each test has a prefix, and so a store, of its own.</summary>
internal abstract class RedisStoreContract : LeaseStoreContract
{
    private static int _stores;

    protected override TimeSpan Unit => TimeSpan.FromMilliseconds(120);

    /// <summary>StackExchange.Redis configuration of the server that the fixture started.</summary>
    protected abstract string Configuration { get; }

    protected override async Task<ILeaseStore> OpenAsync() => await RedisLeaseStore.OpenAsync(
        new RedisStoreOptions
        {
            Configuration = Configuration,
            Prefix = $"contract-{Interlocked.Increment(ref _stores)}",
            LeaseRetention = Retention,
            TaskRetention = Retention,
        },
        clock: null,
        NullLogger.Instance,
        None);

    protected override async Task ReachAsync(DateTimeOffset instant)
    {
        while (instant - await NowAsync() is var left && left > TimeSpan.Zero)
            await Task.Delay(left);
    }
}
