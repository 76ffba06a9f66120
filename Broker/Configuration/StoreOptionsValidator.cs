using SecretsBroker.Leases;

namespace SecretsBroker.Configuration;

internal sealed class StoreOptionsValidator : IValidateOptions<StoreOptions>
{
    private const int MaxInstallation = 64;
    private static readonly TimeSpan MaxRetention = TimeSpan.FromDays(30);
    private static readonly TimeSpan MinCallTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MaxCallTimeout = TimeSpan.FromMinutes(1);

    public ValidateOptionsResult Validate(string? name, StoreOptions options)
    {
        var faults = new List<string>();
        switch (options.Kind)
        {
            case StoreOptions.Sqlite:
                Check(options.Path.Length > 0, "Path", "must name a file", options.Path);
                break;
            case StoreOptions.Redis:
                Check(options.Servers.Length > 0, "Servers", "must name at least one host:port", options.Servers);
                Check(
                    !options.Servers.Contains("password", StringComparison.OrdinalIgnoreCase),
                    "Servers",
                    "must not hold a password: set Store:Password:File or Store:Password:Env",
                    "(not shown)");
                Check(options.Password?.IsValid ?? true, "Password", "must have exactly one of File and Env", "(not shown)");
                Check(
                    options.Prefix.Length is > 0 and <= 32 && options.Prefix.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'),
                    "Prefix",
                    "must have 1 to 32 letters, digits and '-'",
                    options.Prefix);
                Check(options.ShardCount is >= 1 and <= LeaseShards.Maximum, "ShardCount", "must lie between 1 and 256", options.ShardCount);
                Check(options.WaitForReplicas is >= 0 and <= 10, "WaitForReplicas", "must lie between 0 and 10", options.WaitForReplicas);
                Check(
                    options.CallTimeout >= MinCallTimeout && options.CallTimeout <= MaxCallTimeout,
                    "CallTimeout",
                    $"must lie between {MinCallTimeout} and {MaxCallTimeout}",
                    options.CallTimeout);
                break;
            default:
                Check(holds: false, "Kind", "must be sqlite or redis", options.Kind);
                break;
        }

        Check(
            options.Installation.Length <= MaxInstallation && options.Installation.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'),
            "Installation",
            $"must be at most {MaxInstallation} letters, digits, '.', '_' and '-'",
            options.Installation);
        Check(
            options.Retention >= TimeSpan.Zero && options.Retention <= MaxRetention,
            "Retention",
            $"must lie between 0 and {MaxRetention}",
            options.Retention);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Check(bool holds, string setting, string rule, object value)
        {
            if (!holds)
            {
                faults.Add($"Store:{setting}: {rule}, is '{value}'");
            }
        }
    }
}
