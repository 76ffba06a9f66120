using SecretsBroker.Configuration;

namespace SecretsBroker.Issuance;

internal sealed class IssuanceOptionsValidator : IValidateOptions<IssuanceOptions>
{
    private const int MaxQuota = 1_000_000;

    public ValidateOptionsResult Validate(string? name, IssuanceOptions options) =>
        new OptionFaults("Issuance")
            .Range(nameof(options.DecisionTimeout), options.DecisionTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30))
            .Range(nameof(options.SettleMargin), options.SettleMargin, TimeSpan.Zero, TimeSpan.FromMinutes(10))
            .Range(nameof(options.MaxLivePerWorkload), options.MaxLivePerWorkload, 0, MaxQuota)
            .Range(nameof(options.MaxLivePerTask), options.MaxLivePerTask, 0, MaxQuota)
            .Range(nameof(options.MaxIssuesPerMinute), options.MaxIssuesPerMinute, 0, MaxQuota)
            .Result;
}
