using Microsoft.Extensions.DependencyInjection.Extensions;
using SecretsBroker.Identity.Dpop;
using SecretsBroker.Identity.WorkloadApi;

namespace SecretsBroker.Identity;

internal static class IdentityExtensions
{
    /// <summary>
    /// Authentication of callers, configured by the section <c>Identity</c>. Needs telemetry and an <see cref="IReplayStore"/>.
    /// </summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IValidateOptions<IdentityOptions>, IdentityOptionsValidator>();
        services.AddOptions<IdentityOptions>().BindConfiguration(IdentityOptions.Section).ValidateOnStart();
        services.AddSingleton<ServedSvid>();
        services.AddSingleton<WorkloadApiBundles>();
        services.AddSingleton<TrustedAuthorities>();
        services.AddSingleton<ProofNonces>();
        services.AddSingleton<DpopCheck>();
        services.AddSingleton<PossessionCheck>();
        services.AddSingleton<InitiatorVerifier>();
        services.AddSingleton<TokenAuthenticator>();
        services.AddSingleton<CertificateAuthenticator>();
        services.AddSingleton<CallerAuthenticator>();
        return services;
    }
}
