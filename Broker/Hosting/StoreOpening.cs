using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Redis;
using SecretsBroker.Leases.Sqlite;

namespace SecretsBroker.Hosting;

/// <summary>Opens the store that the configuration names.</summary>
internal static class StoreOpening
{
    /// <exception cref="StoreException">It cannot be opened.</exception>
    /// <exception cref="ConfigurationException">Its password cannot be read.</exception>
    public static async Task<ILeaseStore> OpenAsync(
        StoreOptions options, TimeProvider time, ILogger logger, CancellationToken cancellationToken) => options.Kind switch
        {
            StoreOptions.Redis => await RedisLeaseStore.OpenAsync(
                new RedisStoreOptions
                {
                    Configuration = options.Servers,
                    Password = Resolve(options.Password),
                    Prefix = options.Prefix,
                    ShardCount = options.ShardCount,
                    WaitForReplicas = options.WaitForReplicas,
                    CallTimeout = options.CallTimeout,
                    AllowVolatile = options.AllowVolatile,
                    LeaseRetention = options.Retention,
                    TaskRetention = options.Retention,
                    Installation = Installation.Of(options.Installation),
                },
                time,
                logger,
                cancellationToken),
            _ => new SqliteLeaseStore(
                new SqliteStoreOptions
                {
                    Path = options.Path,
                    Durable = options.Durable,
                    Retention = options.Retention,
                    Installation = Installation.Of(options.Installation),
                },
                time),
        };

    private static string? Resolve(SecretReference? reference)
    {
        if (reference is null)
        {
            return null;
        }

        var secret = reference.TryRead() ?? throw new ConfigurationException([$"Store:Password: {reference} cannot be read or is empty"]);
        try
        {
            return Encoding.UTF8.GetString(secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
