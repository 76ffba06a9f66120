using SecretsBroker.Policy.Operators;

namespace SecretsBroker.KillSwitch;

internal static class KillSwitchExtensions
{
    /// <summary>The kill switch. Needs the store, engines, revocation and audit, and comes after them: it is stopped first.</summary>
    public static IServiceCollection AddKillSwitch(this IServiceCollection services)
    {
        services.AddOptions<OperatorOptions>().BindConfiguration(OperatorOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<OperatorOptions>, OperatorOptionsValidator>();
        services.AddSingleton<KillRecords>();
        services.AddSingleton<KillWalk>();
        services.AddSingleton<KillExecutor>();
        services.AddSingleton<KillOrderGiver>();
        services.AddSingleton<KillOrderLifter>();
        services.AddSingleton<StandingOrders>();
        services.AddHostedService<KillSwitchStop>();
        return services;
    }
}
