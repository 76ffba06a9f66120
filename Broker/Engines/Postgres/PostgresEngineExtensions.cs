namespace SecretsBroker.Engines.Postgres;

internal static class PostgresEngineExtensions
{
    public static IServiceCollection AddPostgresEngine(this IServiceCollection services) =>
        services.AddSingleton<ICredentialEngineType, PostgresEngineType>();
}
