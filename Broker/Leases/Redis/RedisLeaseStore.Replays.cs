using System.Security.Cryptography;
using SecretsBroker.Identity;

namespace SecretsBroker.Leases.Redis;

/// <content>What may be used once.</content>
internal sealed partial class RedisLeaseStore
{
    private const int UseBytes = 16;

    public async ValueTask<bool> TryUseAsync(ReplayKey key, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(key);
        // The script may be sent again after an answer was lost: it knows this use again by its own name.
        var use = RandomNumberGenerator.GetBytes(UseBytes);
        return (int)await RunAsync(
            RedisScripts.Use, shard, [shard.Used(key)], [use, until.ToUnixTimeMilliseconds()], cancellationToken) == 1;
    }
}
