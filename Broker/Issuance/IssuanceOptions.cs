namespace SecretsBroker.Issuance;

/// <summary>Limits of issuing. Section <c>Issuance</c>.</summary>
internal sealed class IssuanceOptions
{
    /// <summary>How long the policy engine may take; after that the intent is denied. Default 2 s; 10 ms to 30 s.</summary>
    public TimeSpan DecisionTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long after its deadline an issue call that nobody waits for any more could still take effect at a target. Until then the
    /// absence of a credential proves nothing. Default 10 s; 0 to 10 min.
    /// </summary>
    public TimeSpan SettleMargin { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Live leases of one workload. Default 200; 0 for no limit, 1,000,000 at most.</summary>
    public int MaxLivePerWorkload { get; set; } = 200;

    /// <summary>Live leases of one task. Default 50; 0 for no limit, 1,000,000 at most.</summary>
    public int MaxLivePerTask { get; set; } = 50;

    /// <summary>
    /// Requests of one workload that get as far as a reservation, in a minute; at each broker it may make twenty times as many calls of any
    /// kind. Default 600; 0 for no limit of either, 1,000,000 at most.
    /// </summary>
    public int MaxIssuesPerMinute { get; set; } = 600;
}
