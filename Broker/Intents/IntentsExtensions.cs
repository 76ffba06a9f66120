using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Intents;

internal static class IntentsExtensions
{
    /// <summary>Tasks, their lifelines, and delegation. Needs the store and audit.</summary>
    public static IServiceCollection AddIntents(this IServiceCollection services)
    {
        services.AddOptions<TaskOptions>().BindConfiguration("Tasks").ValidateOnStart();
        services.AddSingleton<IValidateOptions<TaskOptions>, TaskOptionsValidator>();
        services.AddSingleton<DelegationChains>();
        services.AddSingleton<DelegationGiver>();
        services.AddSingleton<TaskStarter>();
        services.AddSingleton<LifelineKeeper>();
        return services;
    }
}
