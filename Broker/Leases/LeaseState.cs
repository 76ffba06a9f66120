namespace SecretsBroker.Leases;

/// <summary>Persisted by number; frozen by a test.</summary>
internal enum LeaseState
{
    /// <summary>Reserved; something may already exist at the target, nobody has been given it.</summary>
    Pending = 1,

    /// <summary>Its secret may be used until <see cref="Lease.ExpireTime"/>.</summary>
    Active = 2,

    /// <summary>Ended, and not yet proven gone and recorded.</summary>
    Revoking = 3,

    /// <summary>Proven gone, and recorded.</summary>
    Revoked = 4,
}
