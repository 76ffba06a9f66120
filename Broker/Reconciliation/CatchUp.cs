using SecretsBroker.Leases;

namespace SecretsBroker.Reconciliation;

/// <summary>What a store was told again, and what that leaves to the targets.</summary>
internal sealed record CatchUp(CatchUpReport Report, IReadOnlyCollection<CatchUpDoubt> Doubts);

/// <param name="Lease">Of which only its target knows whether it can still be used.</param>
/// <param name="IsKnown">The store knows it, as proven gone.</param>
/// <param name="Revoked">Why it was revoked, by the log; null when that does not say so.</param>
internal readonly record struct CatchUpDoubt(Lease Lease, bool IsKnown, EndCause? Revoked);
