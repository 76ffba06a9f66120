namespace SecretsBroker.Intents;

internal static class IntentsExtensions
{
    /// <summary>Tasks and their lifelines. Needs the store and audit.</summary>
    public static IServiceCollection AddIntents(this IServiceCollection services)
    {
        services.AddOptions<TaskOptions>().BindConfiguration("Tasks").ValidateOnStart();
        services.AddSingleton<IValidateOptions<TaskOptions>, TaskOptionsValidator>();
        services.AddSingleton<TaskStarter>();
        services.AddSingleton<LifelineKeeper>();
        return services;
    }
}
