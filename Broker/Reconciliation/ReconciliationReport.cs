using SecretsBroker.Leases;

namespace SecretsBroker.Reconciliation;

/// <summary>What holding one target against the leases came to.</summary>
/// <param name="Target">Which.</param>
/// <param name="IsDryRun">Whether nothing was to be removed.</param>
/// <param name="Listed">What carried the installation's mark there.</param>
/// <param name="Orphans">Of it, what no lease covers; not all of it where that is very much.</param>
/// <param name="Removed">How many of these were removed, and seen to be gone.</param>
/// <param name="Failed">How many could not be; the next pass tries again.</param>
/// <param name="Missing">Active leases of which not all is there.</param>
internal sealed record ReconciliationReport(
    string Target, bool IsDryRun, int Listed, IReadOnlyList<LeaseId> Orphans, int Removed, int Failed, IReadOnlyList<LeaseId> Missing)
{
    /// <summary>Left for the next pass: <see cref="ReconciliationOptions.MaxRemovals"/> was reached, or nothing was to be removed.</summary>
    public int Left => Orphans.Count - Removed - Failed;

    public bool Differs => Orphans.Count + Missing.Count > 0;

    public override string ToString() =>
        $"{Listed} listed, {Orphans.Count} without a lease, {Removed} removed, {Failed} failed, {Left} left, {Missing.Count} missing"
        + (IsDryRun ? ", nothing was to be removed" : "");
}
