using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <summary>Turns what the client library throws into a <see cref="StoreException"/>.</summary>
internal static class RedisFailure
{
    // What passes when the server has loaded its data, a failover is over, memory was freed, or the replicas are back.
    private static readonly HashSet<string> TransientCodes =
    [
        "LOADING", "READONLY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "MOVED", "ASK", "BUSY", "NOREPLICAS", "OOM", "UNBLOCKED",
    ];

    public static bool Is(Exception error) =>
        error is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException or InvalidCastException;

    public static StoreException From(Exception error, string what)
    {
        if (error is RedisServerException server)
        {
            // The word before the first space is the code; the rest is the server's text and may name keys.
            var code = server.Message.Split(' ', 2)[0];
            if (code.Length == 0 || !code.All(char.IsAsciiLetterUpper))
                code = "ERR";
            return new StoreException($"redis refused {what}: {code}", TransientCodes.Contains(code), error);
        }

        return error is TimeoutException
            ? new StoreException($"redis did not answer {what} in time", isTransient: true, error)
            : new StoreException($"redis could not be reached for {what}", error is not (ObjectDisposedException or InvalidCastException), error);
    }
}
