namespace SecretsBroker.Engines.RedisAcl;

internal static class RedisAclEngineExtensions
{
    public static IServiceCollection AddRedisAclEngine(this IServiceCollection services) =>
        services.AddSingleton<ICredentialEngineType, RedisAclEngineType>();
}
