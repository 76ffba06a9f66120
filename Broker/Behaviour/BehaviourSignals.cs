namespace SecretsBroker.Behaviour;

/// <summary>What policy is told of how a workload has behaved of late (<see cref="SignalLevels"/>), in whole numbers.</summary>
/// <param name="Issues">Leases issued.</param>
/// <param name="Denials">Requests that policy or the catalogue denied.</param>
/// <param name="Resources">Different resources that it asked for, whatever the answer.</param>
/// <param name="Violations">Uses outside an intent that it reported.</param>
/// <param name="Failures">Leases that ended because a task failed or was lost, or because of a violation.</param>
internal sealed record BehaviourSignals(long Issues, long Denials, long Resources, long Violations, long Failures)
{
    public const long Maximum = 1_000_000_000;

    /// <summary>Of a workload that nothing is known of.</summary>
    public static BehaviourSignals None { get; } = new(0, 0, 0, 0, 0);
}
