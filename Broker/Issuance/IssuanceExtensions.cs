namespace SecretsBroker.Issuance;

internal static class IssuanceExtensions
{
    /// <summary>Issuing, renewing and reporting. Needs the catalogue, policy, store, engines, revocation and audit.</summary>
    public static IServiceCollection AddIssuance(this IServiceCollection services)
    {
        services.AddOptions<IssuanceOptions>().BindConfiguration("Issuance").ValidateOnStart();
        services.AddSingleton<IValidateOptions<IssuanceOptions>, IssuanceOptionsValidator>();
        services.AddSingleton<DecisionMaker>();
        services.AddSingleton<ApprovalGate>();
        services.AddSingleton<TokenUse>();
        services.AddSingleton<Delegators>();
        services.AddSingleton<LeaseMaker>();
        services.AddSingleton<Issuer>();
        services.AddSingleton<LeaseRenewer>();
        services.AddSingleton<UseReporter>();
        return services;
    }
}
