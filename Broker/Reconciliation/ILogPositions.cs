namespace SecretsBroker.Reconciliation;

/// <summary>
/// Up to which record of each broker's audit log the store is known to be current. Kept in the store with the leases, so that a store which was
/// set back says itself how far. Failures are <see cref="Leases.StoreException"/>s.
/// </summary>
internal interface ILogPositions
{
    ValueTask<LogPositions> ReadPositionsAsync(CancellationToken cancellationToken);

    /// <summary>Says that all that a log tells up to a record is in the store. Every part of it keeps that, after what it was told before.</summary>
    /// <param name="broker">Whose log.</param>
    /// <param name="sequence">The record.</param>
    /// <param name="read">What the store is known to be current by.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>
    /// False when a part of the store is not what was read any more: any position in it is less, or another server answers. That part is told nothing.
    /// </returns>
    ValueTask<bool> WritePositionAsync(string broker, long sequence, LogPositions read, CancellationToken cancellationToken);
}
