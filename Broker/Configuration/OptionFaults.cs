namespace SecretsBroker.Configuration;

/// <summary>Collects the faults of one section's options: the setting's path, the rule and the value.</summary>
/// <param name="section">The section that the options are bound from.</param>
internal sealed class OptionFaults(string section)
{
    private readonly List<string> _faults = [];

    public ValidateOptionsResult Result =>
        _faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(_faults);

    public OptionFaults Range<T>(string setting, T value, T min, T max)
        where T : IComparable<T> =>
        Check(value.CompareTo(min) >= 0 && value.CompareTo(max) <= 0, setting, $"must be from {min} to {max}", value);

    public OptionFaults NotEmpty(string setting, string? value) =>
        Check(!string.IsNullOrWhiteSpace(value), setting, "must not be empty", value);

    public OptionFaults Check(bool holds, string setting, string rule, object? value)
    {
        if (!holds)
        {
            _faults.Add($"{section}:{setting} {rule}; it is \"{value}\"");
        }

        return this;
    }
}
