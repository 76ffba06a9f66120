namespace SecretsBroker.Audit;

internal sealed class AuditOptionsValidator : IValidateOptions<AuditOptions>
{
    public ValidateOptionsResult Validate(string? name, AuditOptions options)
    {
        var faults = new List<string>();
        Check(!string.IsNullOrWhiteSpace(options.Folder), nameof(options.Folder), "must name a folder", options.Folder);
        Check(AuditFiles.IsBrokerName(options.Broker), nameof(options.Broker), "must be 1 to 64 of [A-Za-z0-9_-]", options.Broker);
        Check(
            options.RotationBytes is >= 64L << 10 and <= 64L << 30,
            nameof(options.RotationBytes), "must lie between 64 KiB and 64 GiB", options.RotationBytes);
        Check(
            options.CheckpointInterval >= TimeSpan.FromSeconds(1) && options.CheckpointInterval <= TimeSpan.FromHours(1),
            nameof(options.CheckpointInterval), "must lie between 1 s and 1 h", options.CheckpointInterval);
        Check(
            options.AppendTimeout >= TimeSpan.FromMilliseconds(100) && options.AppendTimeout <= TimeSpan.FromMinutes(1),
            nameof(options.AppendTimeout), "must lie between 100 ms and 1 min", options.AppendTimeout);
        Check(
            options.QueueLength is >= 16 and <= 1_000_000,
            nameof(options.QueueLength), "must lie between 16 and 1,000,000", options.QueueLength);
        Check(
            options.MaxReadBytes is >= 1L << 20 and <= 1L << 40,
            nameof(options.MaxReadBytes), "must lie between 1 MiB and 1 TiB", options.MaxReadBytes);
        Check(options.LowDiskBytes >= 0, nameof(options.LowDiskBytes), "must not be negative", options.LowDiskBytes);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Check(bool holds, string setting, string rule, object value)
        {
            if (!holds)
            {
                faults.Add($"{AuditOptions.Section}:{setting} {rule}, but is '{value}'");
            }
        }
    }
}
