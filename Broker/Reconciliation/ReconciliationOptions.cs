namespace SecretsBroker.Reconciliation;

/// <summary>Holding targets against the leases. Section <c>Reconciliation</c>. Nothing is done where <c>Store:Installation</c> is not set.</summary>
internal sealed class ReconciliationOptions
{
    public const string Section = "Reconciliation";
    public const string Off = "off";
    public const string DryRun = "dry_run";
    public const string Enforce = "enforce";

    /// <summary>
    /// <c>enforce</c>: what no lease covers is removed. <c>dry_run</c>: it is only told. <c>off</c>: nothing is looked at but what an operator asks
    /// for. Default <c>enforce</c>.
    /// </summary>
    public string Mode { get; set; } = Enforce;

    /// <summary>How often each target is looked at. Default 5 min; 1 s to 1 day.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long after the first look the store is asked a second time, before something that no lease covers is removed: for a store that
    /// answered from before a failover. Default 10 s; 0 to 5 min.
    /// </summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many one pass removes at one target; the next pass goes on. A brake on speed, so that a mistake can be stopped, and not on the whole: a
    /// store that was lost leaves nothing that covers anything. Default 1,000; 1 to 100,000.
    /// </summary>
    public int MaxRemovals { get; set; } = 1_000;
}
