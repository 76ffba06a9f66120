namespace SecretsBroker.Reconciliation;

/// <param name="Leases">That the part of the logs spoke of.</param>
/// <param name="Ended">Active in the store, or back at their targets, and revoked by the log.</param>
/// <param name="Prolonged">Renewed by the log to a later end than the store's.</param>
/// <param name="Revoked">Unknown to the store, and now gone at their targets.</param>
/// <param name="Left">Unknown to the store, and not gone.</param>
internal readonly record struct CatchUpReport(int Leases, int Ended, int Prolonged, int Revoked, int Left)
{
    public bool Changed => Ended + Prolonged + Revoked + Left > 0;

    public override string ToString() =>
        $"{Leases} leases looked at, {Ended} ended again, {Prolonged} renewed again, {Revoked} that the store did not know revoked, {Left} not revoked yet";
}
