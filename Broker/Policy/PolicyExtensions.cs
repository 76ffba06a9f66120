using SecretsBroker.Catalog;
using SecretsBroker.Policy.Opa;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Policy.Trials;

namespace SecretsBroker.Policy;

internal static class PolicyExtensions
{
    /// <summary>
    /// Decisions by Cedar policies, a policy server or both, configured by the section <c>Policy</c>. Needs the catalogue, audit and
    /// telemetry.
    /// </summary>
    public static IServiceCollection AddPolicy(this IServiceCollection services)
    {
        services.AddOptions<PolicyOptions>().BindConfiguration(PolicyOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PolicyOptions>, PolicyOptionsValidator>();
        services.AddSingleton<CurrentPolicies>();
        services.AddSingleton<CedarPolicyEngine>();
        services.AddSingleton(provider => new OpaClient(OptionsOf(provider).Opa, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<OpaPolicyEngine>();
        services.AddSingleton<SecondOpinionPolicyEngine>();
        services.AddSingleton<IPolicyEngine>(provider => OptionsOf(provider).Engine switch
        {
            PolicyOptions.OpaEngine => provider.GetRequiredService<OpaPolicyEngine>(),
            PolicyOptions.BothEngines => provider.GetRequiredService<SecondOpinionPolicyEngine>(),
            _ => provider.GetRequiredService<CedarPolicyEngine>(),
        });
        services.AddSingleton<OperatorGate>();
        services.AddSingleton<PolicyReload>();
        services.AddSingleton<AskForConsent>(provider => provider.GetRequiredService<PolicyReload>().ConsentAsync);
        services.AddSingleton<CandidateLoader>();
        return services;
    }

    private static PolicyOptions OptionsOf(IServiceProvider provider) => provider.GetRequiredService<IOptions<PolicyOptions>>().Value;
}
