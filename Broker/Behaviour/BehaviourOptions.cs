namespace SecretsBroker.Behaviour;

/// <summary>What is made of how workloads behave. Section <c>Behaviour</c>.</summary>
internal sealed class BehaviourOptions
{
    public const string Section = "Behaviour";

    /// <summary>
    /// After this an event counts half as much, for policies (<c>context.signals</c>). The same for all brokers of a store. Default 5 min;
    /// 10 s to 24 h.
    /// </summary>
    public TimeSpan HalfLife { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often what was counted is written to the store: so long other brokers do not know of it. Default 1 s; 100 ms to 1 min.</summary>
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a workload that has exceeded one of the limits below gets nothing. Default 10 min; 1 s to 24 h; 0 for no circuit breaker.
    /// </summary>
    public TimeSpan Quarantine { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Denials of late, decayed as policy sees them. Default 100; 0 for no limit, 1,000,000 at most.</summary>
    public int MaxDenials { get; set; } = 100;

    /// <summary>Uses outside an intent of late. Default 10; 0 for no limit, 1,000,000 at most.</summary>
    public int MaxViolations { get; set; } = 10;

    /// <summary>Leases that ended by a failure of late. Default 0, no limit; 1,000,000 at most.</summary>
    public int MaxFailures { get; set; }

    /// <summary>Leases issued of late. Default 0, no limit; 1,000,000 at most.</summary>
    public int MaxIssues { get; set; }

    /// <summary>Different resources asked for of late. Default 0, no limit; 127 at most: more than 128 are not told apart.</summary>
    public int MaxResources { get; set; }
}
