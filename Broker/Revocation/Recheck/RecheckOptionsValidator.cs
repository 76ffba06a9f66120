using SecretsBroker.Configuration;

namespace SecretsBroker.Revocation.Recheck;

internal sealed class RecheckOptionsValidator : IValidateOptions<RecheckOptions>
{
    private static readonly string[] Modes = [RecheckOptions.Off, RecheckOptions.DryRun, RecheckOptions.Enforce];

    public ValidateOptionsResult Validate(string? name, RecheckOptions options) =>
        new OptionFaults(RecheckOptions.Section)
            .Check(Modes.Contains(options.Mode), nameof(options.Mode), $"must be one of {string.Join(", ", Modes)}", options.Mode)
            .Range(nameof(options.MaxRevokePercent), options.MaxRevokePercent, 0, 100)
            .Range(nameof(options.MinRevokeCount), options.MinRevokeCount, 0, 1_000_000)
            .Range(nameof(options.Concurrency), options.Concurrency, 1, 64)
            .Range(nameof(options.MaxPerSecond), options.MaxPerSecond, 1, 100_000)
            .Range(nameof(options.DecisionTimeout), options.DecisionTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30))
            .Result;
}
