namespace SecretsBroker.Engines.AwsSts;

internal static class AwsStsEngineExtensions
{
    public static IServiceCollection AddAwsStsEngine(this IServiceCollection services) =>
        services.AddSingleton<ICredentialEngineType, AwsStsEngineType>();
}
