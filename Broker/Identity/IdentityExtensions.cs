using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SecretsBroker.Identity;

internal static class IdentityExtensions
{
    /// <summary>Authentication of callers, configured by the section <c>Identity</c>. Needs telemetry.</summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IValidateOptions<IdentityOptions>, IdentityOptionsValidator>();
        services.AddOptions<IdentityOptions>().BindConfiguration(IdentityOptions.Section).ValidateOnStart();
        services.AddSingleton<TrustedAuthorities>();
        services.AddSingleton<TokenAuthenticator>();
        services.AddSingleton<CertificateAuthenticator>();
        services.AddSingleton<CallerAuthenticator>();
        return services;
    }
}
