namespace SecretsBroker.Engines.Static;

internal static class StaticEngineExtensions
{
    public static IServiceCollection AddStaticEngine(this IServiceCollection services) =>
        services.AddSingleton<ICredentialEngineType, StaticEngineType>();
}
