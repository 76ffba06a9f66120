using SecretsBroker.Catalog;
using SecretsBroker.Policy.Operators;

namespace SecretsBroker.Policy;

internal static class PolicyExtensions
{
    /// <summary>Decisions by Cedar policies, configured by the section <c>Policy</c>. Needs the catalogue, audit and telemetry.</summary>
    public static IServiceCollection AddPolicy(this IServiceCollection services)
    {
        services.AddOptions<PolicyOptions>().BindConfiguration(PolicyOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PolicyOptions>, PolicyOptionsValidator>();
        services.AddSingleton<CurrentPolicies>();
        services.AddSingleton<IPolicyEngine, CedarPolicyEngine>();
        services.AddSingleton<OperatorGate>();
        services.AddSingleton<PolicyReload>();
        services.AddSingleton<AskForConsent>(provider => provider.GetRequiredService<PolicyReload>().ConsentAsync);
        return services;
    }
}
