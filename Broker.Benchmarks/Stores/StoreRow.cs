namespace SecretsBroker.Benchmarks.Stores;

/// <param name="Scenario">What is measured.</param>
/// <param name="Alone">The same kind of store without live leases; null where this is it.</param>
internal sealed record StoreRow(Scenario Scenario, Scenario? Alone);
