namespace SecretsBroker.Revocation.Recheck;

/// <summary>What becomes of live leases that changed policies would no longer allow. Section <c>Recheck</c>.</summary>
internal sealed class RecheckOptions
{
    public const string Section = "Recheck";
    public const string Off = "off";
    public const string DryRun = "dry_run";
    public const string Enforce = "enforce";

    /// <summary>
    /// <c>enforce</c> revokes them; <c>dry_run</c> only asks and tells; <c>off</c> does not ask, so that they live until they end by
    /// themselves. Default <c>enforce</c>.
    /// </summary>
    public string Mode { get; set; } = Enforce;

    /// <summary>
    /// The share of the leases that policy answered about, in percent, that one change may revoke by itself. Above it nothing is revoked
    /// until an operator confirms. Default 20; 0 to 100; 100 for no limit.
    /// </summary>
    public int MaxRevokePercent { get; set; } = 20;

    /// <summary>So many may be revoked whatever share of all they are. Default 10; 0 to 1,000,000.</summary>
    public int MinRevokeCount { get; set; } = 10;

    /// <summary>Leases asked about at once. Default 4; 1 to 64.</summary>
    public int Concurrency { get; set; } = 4;

    /// <summary>Leases looked at in a second, so that asking leaves the store and the policy engine to those who wait. Default 1,000; 1 to 100,000.</summary>
    public int MaxPerSecond { get; set; } = 1_000;

    /// <summary>How long the policy engine may take for one answer. Default 2 s; 10 ms to 30 s.</summary>
    public TimeSpan DecisionTimeout { get; set; } = TimeSpan.FromSeconds(2);
}
