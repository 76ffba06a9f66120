using SecretsBroker.Identity;

namespace SecretsBroker.Benchmarks.Identity;

/// <summary>Takes every use for the first: a figure is that of the authentication and not of a store, and one proof serves for many calls.</summary>
internal sealed class ForgetfulReplayStore : IReplayStore
{
    public ValueTask<bool> TryUseAsync(ReplayKey key, DateTimeOffset until, CancellationToken cancellationToken) => ValueTask.FromResult(true);
}
