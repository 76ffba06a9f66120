using SecretsBroker.Configuration;

namespace SecretsBroker.Policy;

internal sealed class PolicyOptionsValidator : IValidateOptions<PolicyOptions>
{
    public ValidateOptionsResult Validate(string? name, PolicyOptions options) =>
        new OptionFaults(PolicyOptions.Section)
            .NotEmpty(nameof(options.Folder), options.Folder)
            .Range(nameof(options.ReloadInterval), options.ReloadInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))
            .Result;
}
