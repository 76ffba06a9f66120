namespace SecretsBroker.Engines.OAuth;

internal static class OAuthEngineExtensions
{
    public static IServiceCollection AddOAuthEngine(this IServiceCollection services) =>
        services.AddSingleton<ICredentialEngineType, OAuthEngineType>();
}
