namespace SecretsBroker.Revocation;

/// <summary>How revoking is paced. Section <c>Revocation</c>.</summary>
internal sealed class RevocationOptions
{
    /// <summary>How often the store is looked through for what is due. Default 1 s; 100 ms to 1 min.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a claimed lease is left to its claimer. Longer than revoking, verifying and recording take together.
    /// Default 60 s; 5 s to 10 min.
    /// </summary>
    public TimeSpan Claim { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The delay after the first failure; doubled with each further one. Default 1 s; 10 ms to 1 min.</summary>
    public TimeSpan MinDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>No delay is longer. Default 5 min; 1 s to 1 h.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How often one of the leases that wait for a target that is down is tried, whatever its delay, to see whether the target is back.
    /// Default 5 s; 100 ms to 1 min.
    /// </summary>
    public TimeSpan ProbeInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a target that this broker has seen down and that is back has its debt worked off by small groups with rests between them, so
    /// that other targets' revocations keep their time; what is left then goes as fast as it can. Default 15 s; 0 to 5 min.
    /// </summary>
    public TimeSpan SlowStart { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>From so many attempts on a lease is shown as stuck; it is tried all the same. Default 5; 1 to 1,000.</summary>
    public int StuckAfter { get; set; } = 5;

    /// <summary>How many lost tasks, and how many outdated records, one pass over a shard takes. Default 200; 1 to 10,000.</summary>
    public int BatchSize { get; set; } = 200;

    /// <summary>
    /// After a start, and after the store was out of reach, no task is counted as lost for so long: agents whose lifeline broke with it
    /// need time to come back. Default 10 s; 0 to 5 min.
    /// </summary>
    public TimeSpan OutageGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a stopping broker goes on with what it has in hand. Default 20 s; 0 to 5 min.</summary>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(20);
}
