using SecretsBroker.Engines;

namespace SecretsBroker.Catalog;

internal static class CatalogExtensions
{
    /// <summary>The catalogue, configured by the section <c>Catalog</c>. Needs <see cref="TargetEngines"/>, audit and telemetry.</summary>
    public static IServiceCollection AddCatalog(this IServiceCollection services)
    {
        services.AddOptions<CatalogOptions>().BindConfiguration(CatalogOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CatalogOptions>, CatalogOptionsValidator>();
        services.AddSingleton<CurrentCatalog>();
        services.AddSingleton<CatalogReload>();
        return services;
    }
}
