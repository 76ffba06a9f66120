namespace SecretsBroker.Revocation;

internal static class RevocationExtensions
{
    /// <summary>Revoking, and what finishes it when the broker stops. Needs the store, engines and audit.</summary>
    public static IServiceCollection AddRevocation(this IServiceCollection services)
    {
        services.AddOptions<RevocationOptions>().BindConfiguration("Revocation").ValidateOnStart();
        services.AddSingleton<IValidateOptions<RevocationOptions>, RevocationOptionsValidator>();
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<RevocationOptions>>().Value;
            return new Backoff(options.MinDelay, options.MaxDelay);
        });
        services.AddSingleton<Revoker>();
        services.AddSingleton<TaskEndRecorder>();
        services.AddSingleton<DelegationEnder>();
        services.AddSingleton<DelegationNarrower>();
        services.AddSingleton<TaskEnder>();
        services.AddSingleton<TargetDebts>();
        services.AddSingleton<TargetReturns>();
        services.AddSingleton<TargetDrains>();
        services.AddSingleton<Sweeper>();
        services.AddHostedService<RevocationService>();
        return services;
    }
}
