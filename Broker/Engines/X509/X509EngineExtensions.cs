namespace SecretsBroker.Engines.X509;

internal static class X509EngineExtensions
{
    public static IServiceCollection AddX509Engine(this IServiceCollection services) =>
        services.AddSingleton<ICredentialEngineType, X509EngineType>();
}
