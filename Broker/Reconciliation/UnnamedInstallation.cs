namespace SecretsBroker.Reconciliation;

/// <summary>Says that nothing is reconciled because the installation has no name: once for each target, by the only job that would do it.</summary>
internal sealed partial class UnnamedInstallation(ILogger<UnnamedInstallation> logger)
{
    private readonly HashSet<string> _told = [];

    public static string Describe(IReadOnlyCollection<string> targets) =>
        $"Store:Installation is not set, so that nobody looks for what no lease covers at {string.Join(", ", targets.Order())}:"
        + " set a name that no other store has, or Reconciliation:Mode to off. An external engine's targets are looked at only where it lists";

    public void Tell(IEnumerable<string> targets)
    {
        var untold = targets.Where(target => !_told.Contains(target)).ToArray();
        if (untold.Length > 0)
        {
            LogUnnamed(Describe(untold));
            _told.UnionWith(untold);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Nothing is reconciled: {Finding}")]
    private partial void LogUnnamed(string finding);
}
