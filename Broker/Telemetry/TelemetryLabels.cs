namespace SecretsBroker.Telemetry;

/// <summary>Why a request for a lease was turned down.</summary>
internal enum DenialReason
{
    Policy,

    /// <summary>Policy could not be asked, or a forbid failed.</summary>
    PolicyError,
    UnknownGrant,
    ToolNotAllowed,

    /// <summary>The grant demands proof of possession.</summary>
    ProofNeeded,

    /// <summary>The grant takes each token once, and this one was used, or has no id.</summary>
    TokenUsed,
    TaskEnded,
    Killed,
    WorkloadQuota,
    TaskQuota,
    RateLimit,

    /// <summary>More wait for the target than it can serve.</summary>
    TargetBusy,

    /// <summary>Too much at the target should be gone and is not.</summary>
    TargetInDebt,

    /// <summary>Policy demands an approval, for which the request waits.</summary>
    ApprovalNeeded,

    /// <summary>The approval that was brought along is unknown, rejected, over, or for something else.</summary>
    ApprovalRefused,

    /// <summary>As many approvals asked for as the workload may.</summary>
    ApprovalQuota,
    BreakGlassDenied,

    /// <summary>Policy or the grant demands sealed delivery, and the caller sent no key.</summary>
    SealedDeliveryNeeded,

    /// <summary>The task was started for something else.</summary>
    OutsideTask,

    /// <summary>A delegation does not allow it, or not any more, or who delegated it could not have it.</summary>
    Delegation,
}

/// <summary>Of what a workload did too much.</summary>
internal enum QuarantineReason
{
    Denials,
    Violations,
    Failures,
    Issues,
    Resources,
}

/// <summary>How a request for a lease ended.</summary>
internal enum IssueOutcome
{
    Issued,
    Denied,

    /// <summary>What the caller sent could not be used, or there was nothing to give just now.</summary>
    Rejected,
    Failed,
}

internal enum DecisionOutcome
{
    Allowed,
    Denied,
    Failed,
}

/// <summary>What came of asking whether somebody may do what operators do.</summary>
internal enum OperatorOutcome
{
    Allowed,
    Denied,

    /// <summary>Decided and acted upon although the audit log could not be written.</summary>
    Unrecorded,
}

/// <summary>How far an answer from the audit log reaches.</summary>
internal enum AuditReadOutcome
{
    /// <summary>All that may have something to say was read.</summary>
    Whole,

    /// <summary>A limit of bytes or time was reached before.</summary>
    CutShort,

    /// <summary>Records are missing, damaged or changed.</summary>
    Faulty,

    /// <summary>As many were reading as may at once.</summary>
    Busy,
    Failed,
}

/// <summary>What asking policy about a live lease again came to.</summary>
internal enum RecheckVerdict
{
    Allowed,
    Denied,

    /// <summary>Policy could not be asked.</summary>
    Failed,

    /// <summary>Policies failed to evaluate, and nothing else spoke.</summary>
    Undecided,

    /// <summary>What it was allowed on is not known, or its grant is not what it was.</summary>
    NotAsked,
}

/// <summary>What happens to a request for an approval.</summary>
internal enum ApprovalStep
{
    Requested,
    Approved,
    Rejected,
    Used,
}

internal enum EngineOperation
{
    Issue,
    Renew,
    Revoke,
    Verify,
    Check,
    List,
}

internal enum EngineOutcome
{
    Succeeded,

    /// <summary>Verified, and found to be still of use.</summary>
    NotGone,

    /// <summary>What the caller sent could not be used.</summary>
    Rejected,
    TransientFailure,
    PermanentFailure,
}

/// <summary>What went wrong with an engine in a process of its own.</summary>
internal enum EngineProcessFailure
{
    /// <summary>The process ended by itself; it is started again.</summary>
    Ended,
    NotStarted,

    /// <summary>Nobody listens at its socket, the connection broke, or it says that it cannot be used now.</summary>
    Unreachable,

    /// <summary>Somebody else could listen at its socket, or does.</summary>
    NotTrusted,

    /// <summary>A call was not answered within the target's time, or an issue not within the lease's where that is shorter.</summary>
    NotInTime,

    /// <summary>
    /// The broker gave a call up before that, which says nothing of the engine: its caller had gone, the broker was stopping, or the store had taken
    /// much of an issue's time to write the lease down.
    /// </summary>
    GivenUp,

    /// <summary>A call was answered with any other status.</summary>
    Status,

    /// <summary>An answer breaks a rule of the contract.</summary>
    AnswerRefused,

    /// <summary>It is another engine than the catalogue says, or its settings are not right.</summary>
    NotAsExpected,
}

/// <summary>How a run of the command that rotates a kept secret ended.</summary>
internal enum RotationOutcome
{
    Succeeded,
    Failed,

    /// <summary>It was killed at the end of its time.</summary>
    TimedOut,

    /// <summary>It was killed, and some of it is still running.</summary>
    Survived,

    /// <summary>It was killed because nobody waits for it any more: the broker stops, or the call's own time was over.</summary>
    Stopped,
}

internal enum AuthenticationFailure
{
    Missing,
    Malformed,
    Algorithm,
    UnknownIssuer,
    UnknownKey,
    Signature,
    Audience,
    Expired,
    NotYetValid,
    Claims,

    /// <summary>The keys to check it with could not be had.</summary>
    KeysUnavailable,
    Certificate,

    /// <summary>No valid proof that the sender holds the key that the token is bound to.</summary>
    Possession,

    /// <summary>The caller is told a nonce, and usually calls again at once.</summary>
    Nonce,

    /// <summary>What may be used once was used before.</summary>
    Replay,

    /// <summary>Who asks about tokens is none of those that may, or has not shown it.</summary>
    ResourceServer,
    Other,
}

/// <summary>Systems outside that are neither the store nor a target.</summary>
internal enum ExternalSystem
{
    OidcIssuer,
    TrustBundle,

    /// <summary>The SPIFFE agent of the broker's machine.</summary>
    WorkloadApi,
    PolicyServer,

    /// <summary>Who is told of approvals.</summary>
    Webhook,
    DenyList,

    /// <summary>Where an authorization server says where it is asked.</summary>
    ServerMetadata,
}

/// <summary>What became of a delegation.</summary>
internal enum DelegationChange
{
    Created,
    Narrowed,
    Ended,

    /// <summary>More was to be delegated than there is.</summary>
    Refused,
}

/// <summary>What the OCSP responder says: of a certificate the first three, instead of that the others.</summary>
internal enum OcspOutcome
{
    Good,
    Revoked,
    Unknown,
    TryLater,
    MalformedRequest,
    Unauthorized,
}

/// <summary>What verifiers fetch.</summary>
internal enum PublishedDocument
{
    /// <summary>The certificate or the public key of an authority.</summary>
    Authority,
    Crl,
    Krl,

    /// <summary>What was revoked, as JSON.</summary>
    Revoked,
    KeySet,
    Metadata,
}

internal enum PublicationOutcome
{
    Given,

    /// <summary>It could not be made, or not from the list as it is at this moment.</summary>
    Unavailable,
}

internal enum ReloadOutcome
{
    Loaded,

    /// <summary>Faulty: what was loaded before stays.</summary>
    Rejected,
}
