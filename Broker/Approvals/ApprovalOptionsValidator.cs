using SecretsBroker.Configuration;

namespace SecretsBroker.Approvals;

internal sealed class ApprovalOptionsValidator : IValidateOptions<ApprovalOptions>
{
    private const int MaxCount = 1_000;

    public ValidateOptionsResult Validate(string? name, ApprovalOptions options) =>
        new OptionFaults(ApprovalOptions.Section)
            .Range(nameof(options.PendingFor), options.PendingFor, TimeSpan.FromSeconds(10), TimeSpan.FromHours(24))
            .Range(nameof(options.UseWithin), options.UseWithin, TimeSpan.FromSeconds(5), TimeSpan.FromHours(1))
            .Range(nameof(options.MaxPerWorkload), options.MaxPerWorkload, 1, MaxCount)
            .Range(nameof(options.WatchInterval), options.WatchInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1))
            .Range(nameof(options.MaxStreamsPerWorkload), options.MaxStreamsPerWorkload, 1, MaxCount)
            .Result;
}
