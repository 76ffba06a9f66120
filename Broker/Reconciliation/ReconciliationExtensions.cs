using SecretsBroker.Reconciliation.Signers;

namespace SecretsBroker.Reconciliation;

internal static class ReconciliationExtensions
{
    /// <summary>Holding targets against leases. Needs the store, the engines and audit.</summary>
    public static IServiceCollection AddReconciliation(this IServiceCollection services)
    {
        services.AddOptions<ReconciliationOptions>().BindConfiguration(ReconciliationOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ReconciliationOptions>, ReconciliationOptionsValidator>();
        services.AddSingleton<LeaseCover>();
        services.AddSingleton<OrphanRemoval>();
        services.AddSingleton<TargetReconciler>();
        services.AddSingleton<TargetPasses>();
        services.AddHostedService(provider => provider.GetRequiredService<TargetPasses>());
        services.AddSingleton<UnnamedInstallation>();
        services.AddSingleton<LogCatchUp>();
        services.AddSingleton<TargetCatchUp>();
        services.AddSingleton<StoreWitness>();
        services.AddSingleton<LeaseSigners>();
        services.AddSingleton<SignerWatch>();
        return services;
    }
}
