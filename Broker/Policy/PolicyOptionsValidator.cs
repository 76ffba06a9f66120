using SecretsBroker.Configuration;
using SecretsBroker.Policy.Opa;

namespace SecretsBroker.Policy;

internal sealed class PolicyOptionsValidator : IValidateOptions<PolicyOptions>
{
    public ValidateOptionsResult Validate(string? name, PolicyOptions options)
    {
        var asksServer = options.Engine is PolicyOptions.OpaEngine or PolicyOptions.BothEngines;
        var own = new OptionFaults(PolicyOptions.Section)
            .Check(
                asksServer || options.Engine == PolicyOptions.CedarEngine, nameof(options.Engine), "must be cedar, opa or both", options.Engine)
            .NotEmpty(nameof(options.Folder), options.Folder)
            .Range(nameof(options.ReloadInterval), options.ReloadInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))
            // Somebody relies on a server that would never be asked.
            .Check(
                asksServer || options.Opa.Address.Length == 0,
                $"{nameof(options.Opa)}:{nameof(options.Opa.Address)}",
                "must not be set unless Policy:Engine is opa or both",
                options.Opa.Address)
            .Result;
        var server = asksServer ? new OpaOptionsValidator().Validate(name, options.Opa) : ValidateOptionsResult.Success;
        string[] faults = [.. own.Failures ?? [], .. server.Failures ?? []];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
