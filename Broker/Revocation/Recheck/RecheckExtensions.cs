namespace SecretsBroker.Revocation.Recheck;

internal static class RecheckExtensions
{
    /// <summary>Asking about live leases again when the policies change. Needs the catalogue, policy, store, revocation and audit.</summary>
    public static IServiceCollection AddRecheck(this IServiceCollection services)
    {
        services.AddOptions<RecheckOptions>().BindConfiguration(RecheckOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RecheckOptions>, RecheckOptionsValidator>();
        services.AddSingleton<LeaseAsker>();
        services.AddSingleton<RecheckWalk>();
        services.AddSingleton<DeniedLeases>();
        services.AddSingleton<PolicyRecheck>();
        return services;
    }
}
