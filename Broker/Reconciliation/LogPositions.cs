namespace SecretsBroker.Reconciliation;

/// <param name="ByBroker">The least that any part of the store knows. A broker that some part does not know has zero.</param>
/// <param name="Servers">
/// Which server answered for each part. Another one than before is a replica that took over, or the same one that started again: both may have
/// lost what was written last. Empty where the store is in this process.
/// </param>
internal sealed record LogPositions(IReadOnlyDictionary<string, long> ByBroker, IReadOnlyList<string> Servers);
