using SecretsBroker.Configuration;

namespace SecretsBroker.Reconciliation;

internal sealed class ReconciliationOptionsValidator : IValidateOptions<ReconciliationOptions>
{
    private static readonly string[] Modes = [ReconciliationOptions.Off, ReconciliationOptions.DryRun, ReconciliationOptions.Enforce];

    public ValidateOptionsResult Validate(string? name, ReconciliationOptions options) =>
        new OptionFaults(ReconciliationOptions.Section)
            .Check(Modes.Contains(options.Mode), nameof(options.Mode), $"must be one of {string.Join(", ", Modes)}", options.Mode)
            .Range(nameof(options.Interval), options.Interval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1))
            .Range(nameof(options.Grace), options.Grace, TimeSpan.Zero, TimeSpan.FromMinutes(5))
            .Range(nameof(options.MaxRemovals), options.MaxRemovals, 1, 100_000)
            .Result;
}
