using SecretsBroker.Configuration;
using SecretsBroker.Identity;

namespace SecretsBroker.Policy.Operators;

internal sealed class OperatorOptionsValidator : IValidateOptions<OperatorOptions>
{
    public ValidateOptionsResult Validate(string? name, OperatorOptions options)
    {
        var faults = new OptionFaults(OperatorOptions.Section);
        for (var i = 0; i < options.Killers.Count; i++)
        {
            var id = options.Killers[i];
            faults.Check(
                WorkloadId.TryParse(id, out _), $"{nameof(options.Killers)}:{i}", "must be a SPIFFE ID: spiffe://trust-domain/path", id);
        }

        return faults.Result;
    }
}
