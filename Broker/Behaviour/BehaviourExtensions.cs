namespace SecretsBroker.Behaviour;

internal static class BehaviourExtensions
{
    /// <summary>Counts what workloads do, and tells policy. Needs the store.</summary>
    public static IServiceCollection AddBehaviour(this IServiceCollection services)
    {
        services.AddOptions<BehaviourOptions>().BindConfiguration(BehaviourOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<BehaviourOptions>, BehaviourOptionsValidator>();
        services.AddSingleton<SignalBuffer>();
        services.AddSingleton<SignalReader>();
        services.AddSingleton<SignalFlush>();
        return services;
    }
}
