using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Intents;

/// <summary>Bounds of tasks and lifelines. Section <c>Tasks</c>.</summary>
internal sealed class TaskOptions
{
    /// <summary>After this an open task is lost, whatever its lifeline says. Default 24 h; 1 s to 7 days.</summary>
    public TimeSpan MaxLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a task outlives a broken lifeline at least, where the caller does not say; at most a beat longer. Default 10 s; 3 s to 5 min.</summary>
    public TimeSpan DefaultGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long before its end a lease's holder is told that it ends. Default 30 s; 0 to 1 h.</summary>
    public TimeSpan EndingNotice { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often open lifelines are refreshed in the store. Default 1 s; 100 ms to 1 s.</summary>
    public TimeSpan BeatInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Lifelines of one workload that this broker holds at once: each costs a write at every beat. Default 1,000; 1 to 100,000.</summary>
    public int MaxLifelinesPerWorkload { get; set; } = 1_000;

    /// <summary>Delegations of one task that have not ended with all beneath them. Default 100; 0 for none, 1,000 at most.</summary>
    public int MaxDelegationsPerTask { get; set; } = 100;

    /// <summary>How many delegations may follow one another from a root task on. Default 8; 0 to 8.</summary>
    public int MaxDelegationDepth { get; set; } = DelegationTerms.MaxDepth;

    public static readonly TimeSpan MinGrace = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan MaxGrace = TimeSpan.FromMinutes(5);
}
