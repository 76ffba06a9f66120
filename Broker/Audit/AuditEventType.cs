namespace SecretsBroker.Audit;

/// <summary>Written by name; names never change their meaning.</summary>
internal enum AuditEventType
{
    Started = 1,
    Stopped = 2,
    Decided = 3,
    Issued = 4,
    Renewed = 5,
    Used = 6,

    /// <summary>A lease was proven gone.</summary>
    Revoked = 8,
    TaskStarted = 9,
    TaskEnded = 10,

    /// <summary>Calls whose caller was not believed; one record for many of one cause.</summary>
    AuthenticationFailed = 11,

    /// <summary>An operator gave a kill order.</summary>
    Killed = 12,

    /// <summary>A kill order stands no more.</summary>
    KillLifted = 13,
    PolicyLoaded = 14,
    PolicyRejected = 15,
    CatalogLoaded = 16,
    CatalogRejected = 17,
    Checkpoint = 18,

    /// <summary>An intent that policy allowed was not served: a quota, a kill order, an ended task, a failing target.</summary>
    Refused = 19,

    /// <summary>Whether somebody may do what operators do.</summary>
    OperatorDecided = 20,

    /// <summary>
    /// After a change of policies: what asking about the live leases came to, an operator's confirmation, or, where it names a lease,
    /// that this one is no longer allowed.
    /// </summary>
    LeasesRechecked = 21,

    /// <summary>What a kill order covered was ended, and how much of it is gone.</summary>
    KillCarriedOut = 22,

    /// <summary>An operator wants a kill order lifted; another one has to confirm.</summary>
    KillLiftProposed = 23,

    /// <summary>A workload lets another act for its task.</summary>
    DelegationCreated = 26,
    DelegationNarrowed = 27,

    /// <summary>With all that is beneath it.</summary>
    DelegationEnded = 28,

    /// <summary>More was to be delegated than there is, or done under a delegation than it holds.</summary>
    DelegationRefused = 29,

    /// <summary>An intent was parked until it is approved: all that is bound to the approval.</summary>
    ApprovalRequested = 30,

    /// <summary>An approver approved or rejected; not allowed when that did not count.</summary>
    ApprovalVoted = 31,

    /// <summary>An approval was used up for a decision. What came of that says the decision's other records.</summary>
    ApprovalUsed = 32,

    /// <summary>Somebody took a secret without the approval that policy demands, and a review was opened.</summary>
    GlassBroken = 33,

    /// <summary>Somebody else has looked at that.</summary>
    ReviewClosed = 34,

    /// <summary>A kill order that was given an end stands no more.</summary>
    KillExpired = 35,

    /// <summary>The broker gave a kill order itself, with an end, on a workload that loops.</summary>
    Quarantined = 36,

    /// <summary>Something at a target that carried this installation's mark and was no lease's was removed, and seen to be gone.</summary>
    OrphanRemoved = 39,

    /// <summary>What was made for an active lease is not at its target any more, or not at all of it.</summary>
    LeaseMissing = 40,

    /// <summary>A target was held against the leases, and they differed, or an operator asked.</summary>
    TargetReconciled = 41,

    /// <summary>A resource server wanted the lease of a token that it was shown ended. That it is gone says <see cref="Revoked"/>.</summary>
    TokenRevoked = 42,

    /// <summary>An operator put, restored, destroyed, rotated or re-encrypted kept secrets.</summary>
    SecretChanged = 44,
}
