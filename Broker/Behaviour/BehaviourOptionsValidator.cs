using SecretsBroker.Configuration;

namespace SecretsBroker.Behaviour;

internal sealed class BehaviourOptionsValidator : IValidateOptions<BehaviourOptions>
{
    public ValidateOptionsResult Validate(string? name, BehaviourOptions options) =>
        new OptionFaults(BehaviourOptions.Section)
            .Range(nameof(options.HalfLife), options.HalfLife, TimeSpan.FromSeconds(10), TimeSpan.FromHours(24))
            .Range(nameof(options.FlushInterval), options.FlushInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1))
            .Result;
}
