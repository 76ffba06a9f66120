using SecretsBroker.Configuration;

namespace SecretsBroker.Revocation;

internal sealed class RevocationOptionsValidator : IValidateOptions<RevocationOptions>
{
    public ValidateOptionsResult Validate(string? name, RevocationOptions options) =>
        new OptionFaults("Revocation")
            .Range(nameof(options.SweepInterval), options.SweepInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1))
            .Range(nameof(options.Claim), options.Claim, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10))
            .Range(nameof(options.MinDelay), options.MinDelay, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1))
            .Range(nameof(options.MaxDelay), options.MaxDelay, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))
            .Check(
                options.MinDelay <= options.MaxDelay,
                nameof(options.MinDelay),
                $"must not be longer than MaxDelay, {options.MaxDelay}",
                options.MinDelay)
            .Range(nameof(options.ProbeInterval), options.ProbeInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1))
            .Range(nameof(options.SlowStart), options.SlowStart, TimeSpan.Zero, TimeSpan.FromMinutes(5))
            .Range(nameof(options.StuckAfter), options.StuckAfter, 1, 1_000)
            .Range(nameof(options.BatchSize), options.BatchSize, 1, 10_000)
            .Range(nameof(options.OutageGrace), options.OutageGrace, TimeSpan.Zero, TimeSpan.FromMinutes(5))
            .Range(nameof(options.StopTimeout), options.StopTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(5))
            .Result;
}
