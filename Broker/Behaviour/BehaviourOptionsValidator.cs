using SecretsBroker.Configuration;

namespace SecretsBroker.Behaviour;

internal sealed class BehaviourOptionsValidator : IValidateOptions<BehaviourOptions>
{
    private const int MaxLimit = 1_000_000;

    public ValidateOptionsResult Validate(string? name, BehaviourOptions options) =>
        new OptionFaults(BehaviourOptions.Section)
            .Range(nameof(options.HalfLife), options.HalfLife, TimeSpan.FromSeconds(10), TimeSpan.FromHours(24))
            .Range(nameof(options.FlushInterval), options.FlushInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1))
            .Check(
                options.Quarantine == TimeSpan.Zero || (options.Quarantine >= TimeSpan.FromSeconds(1) && options.Quarantine <= TimeSpan.FromHours(24)),
                nameof(options.Quarantine),
                "must be from 00:00:01 to 1.00:00:00, or 0",
                options.Quarantine)
            .Range(nameof(options.MaxDenials), options.MaxDenials, 0, MaxLimit)
            .Range(nameof(options.MaxViolations), options.MaxViolations, 0, MaxLimit)
            .Range(nameof(options.MaxFailures), options.MaxFailures, 0, MaxLimit)
            .Range(nameof(options.MaxIssues), options.MaxIssues, 0, MaxLimit)
            .Range(nameof(options.MaxResources), options.MaxResources, 0, ISignalStore.MaxResources - 1)
            .Result;
}
