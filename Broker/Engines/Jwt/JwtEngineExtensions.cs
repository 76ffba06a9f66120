namespace SecretsBroker.Engines.Jwt;

internal static class JwtEngineExtensions
{
    public static IServiceCollection AddJwtEngine(this IServiceCollection services) =>
        services.AddSingleton<ICredentialEngineType, JwtEngineType>();
}
