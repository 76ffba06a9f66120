namespace SecretsBroker.Engines.RabbitMq;

internal static class RabbitMqEngineExtensions
{
    public static IServiceCollection AddRabbitMqEngine(this IServiceCollection services) =>
        services.AddSingleton<ICredentialEngineType, RabbitMqEngineType>();
}
