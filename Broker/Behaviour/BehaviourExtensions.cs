namespace SecretsBroker.Behaviour;

internal static class BehaviourExtensions
{
    /// <summary>Counts what workloads do, tells policy, and puts in quarantine what loops. Needs the store and the kill switch.</summary>
    public static IServiceCollection AddBehaviour(this IServiceCollection services)
    {
        services.AddOptions<BehaviourOptions>().BindConfiguration(BehaviourOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<BehaviourOptions>, BehaviourOptionsValidator>();
        services.AddSingleton<SignalBuffer>();
        services.AddSingleton<SignalReader>();
        services.AddSingleton<SignalFlush>();
        services.AddSingleton<CircuitBreaker>();
        services.AddSingleton<Pardon>();
        return services;
    }
}
