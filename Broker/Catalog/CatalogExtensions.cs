using SecretsBroker.Configuration;
using SecretsBroker.Engines;

namespace SecretsBroker.Catalog;

internal static class CatalogExtensions
{
    /// <summary>The catalogue, configured by the section <c>Catalog</c>. Needs <see cref="TargetEngines"/>, policy, audit and telemetry.</summary>
    public static IServiceCollection AddCatalog(this IServiceCollection services)
    {
        services.AddOptions<CatalogOptions>().BindConfiguration(CatalogOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CatalogOptions>, CatalogOptionsValidator>();
        services.AddSingleton<CurrentCatalog>();
        services.AddSingleton<ReloadTurn>();
        services.AddSingleton<CatalogReload>();
        return services;
    }
}
