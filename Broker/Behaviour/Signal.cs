namespace SecretsBroker.Behaviour;

/// <summary>What a workload does, or has done to it, that says something about it.</summary>
internal enum Signal
{
    /// <summary>It asked for a lease, and got neither that nor a denial; only the resource counts.</summary>
    Asked,

    /// <summary>A lease was issued to it.</summary>
    Issued,

    /// <summary>Policy or the catalogue denied it a lease or a renewal.</summary>
    Denied,

    /// <summary>It reported a use outside a lease's intent.</summary>
    Violated,

    /// <summary>A lease of it ended because its task failed or was lost, or because of a violation.</summary>
    Failed,
}
