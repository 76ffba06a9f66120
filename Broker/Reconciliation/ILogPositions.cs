namespace SecretsBroker.Reconciliation;

/// <summary>
/// Up to which record of each broker's audit log the store is known to be current. Kept in the store with the leases, so that a store which was
/// set back says itself how far. Failures are <see cref="Leases.StoreException"/>s.
/// </summary>
internal interface ILogPositions
{
    /// <summary>By broker; the least that any part of the store knows. A broker that some part does not know has zero.</summary>
    ValueTask<IReadOnlyDictionary<string, long>> ReadPositionsAsync(CancellationToken cancellationToken);

    /// <summary>Says that all that a log tells up to a record is in the store. Every part of it keeps that, after what it was told before.</summary>
    ValueTask WritePositionAsync(string broker, long sequence, CancellationToken cancellationToken);
}
