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
}
