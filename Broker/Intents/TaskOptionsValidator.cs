using SecretsBroker.Configuration;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Intents;

internal sealed class TaskOptionsValidator : IValidateOptions<TaskOptions>
{
    public ValidateOptionsResult Validate(string? name, TaskOptions options) =>
        new OptionFaults("Tasks")
            .Range(nameof(options.MaxLifetime), options.MaxLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7))
            .Range(nameof(options.DefaultGrace), options.DefaultGrace, TaskOptions.MinGrace, TaskOptions.MaxGrace)
            .Range(nameof(options.EndingNotice), options.EndingNotice, TimeSpan.Zero, TimeSpan.FromHours(1))
            .Range(nameof(options.BeatInterval), options.BeatInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1))
            .Range(nameof(options.MaxLifelinesPerWorkload), options.MaxLifelinesPerWorkload, 1, 100_000)
            .Range(nameof(options.MaxDelegationsPerTask), options.MaxDelegationsPerTask, 0, 1_000)
            .Range(nameof(options.MaxDelegationDepth), options.MaxDelegationDepth, 0, DelegationTerms.MaxDepth)
            .Result;
}
