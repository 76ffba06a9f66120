using SecretsBroker.Configuration;

namespace SecretsBroker.Catalog;

internal sealed class CatalogOptionsValidator : IValidateOptions<CatalogOptions>
{
    public ValidateOptionsResult Validate(string? name, CatalogOptions options) =>
        new OptionFaults(CatalogOptions.Section)
            .NotEmpty(nameof(options.Folder), options.Folder)
            .Range(nameof(options.ReloadInterval), options.ReloadInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))
            .Result;
}
