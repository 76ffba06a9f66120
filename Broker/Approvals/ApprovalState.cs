namespace SecretsBroker.Approvals;

/// <summary>Persisted by number; frozen by a test.</summary>
internal enum ApprovalState
{
    /// <summary>Not enough of those who are asked have spoken.</summary>
    Pending = 1,

    /// <summary>To be used, once, until <see cref="Approval.ExpireTime"/>.</summary>
    Approved = 2,
    Rejected = 3,

    /// <summary>It has served its one request, or was lost on the way.</summary>
    Used = 4,

    /// <summary>Never written: its time was over when it was read.</summary>
    Expired = 5,
}
