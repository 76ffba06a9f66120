using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Postgres;

/// <summary>A lease's role, as it is looked for.</summary>
/// <param name="Lease">Whose role.</param>
/// <param name="Oid">The role's OID as the lease remembers it; 0 when it does not.</param>
internal readonly record struct LeaseRole(LeaseId Lease, uint Oid)
{
    public string Name => PostgresNames.RoleOf(Lease);

    public long LockKey => PostgresNames.LockOf(Lease);
}
