namespace SecretsBroker.Engines.External;

internal static class ExternalEngineExtensions
{
    public static IServiceCollection AddExternalEngine(this IServiceCollection services)
    {
        services.AddSingleton<EngineProcesses>();
        services.AddHostedService(provider => provider.GetRequiredService<EngineProcesses>());
        return services.AddSingleton<ICredentialEngineType, ExternalEngineType>();
    }
}
