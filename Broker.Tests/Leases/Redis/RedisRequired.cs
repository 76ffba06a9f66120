using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Leases.Redis;

internal static class RedisRequired
{
    public static void OrIgnore()
    {
        if (!RedisServer.IsInstalled)
            Assert.Ignore("redis-server is not installed (Debian: apt-get install redis-server).");
    }
}
