namespace SecretsBroker.Audit;

/// <summary>One line of the audit log before it is chained. Empty and null members are left out. Never a secret.</summary>
internal sealed record AuditRecord
{
    /// <summary>The same whenever the same fact is recorded again, so that a reader can tell a repetition.</summary>
    public required string Id { get; init; }

    public required AuditEventType Type { get; init; }

    // who, on whose behalf
    public string Workload { get; init; } = "";
    public string Authentication { get; init; } = "";

    /// <summary>How it showed that it holds the key of its identity; empty when not at all.</summary>
    public string Possession { get; init; } = "";
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The claims that the issuer's configuration passes on to policy.</summary>
    public IReadOnlyDictionary<string, string> Claims { get; init; } = new Dictionary<string, string>();
    public string Task { get; init; } = "";
    public string TaskPurpose { get; init; } = "";
    public string Initiator { get; init; } = "";

    /// <summary>Of a verified initiator: whose word it is, who, as people know them, and their groups. Empty where it is merely stated.</summary>
    public string InitiatorIssuer { get; init; } = "";
    public string InitiatorSubject { get; init; } = "";
    public string InitiatorName { get; init; } = "";
    public IReadOnlyList<string> InitiatorGroups { get; init; } = [];

    /// <summary>The task's.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public string SourceAddress { get; init; } = "";

    // intent
    public string Action { get; init; } = "";
    public string Resource { get; init; } = "";
    public string Tool { get; init; } = "";
    public string Purpose { get; init; } = "";
    public TimeSpan? TimeToLive { get; init; }
    public string RequestId { get; init; } = "";

    // decision
    public string DecisionId { get; init; } = "";

    /// <summary>The time that policy was told, by the store's clock.</summary>
    public DateTimeOffset? DecisionTime { get; init; }
    public bool? Allowed { get; init; }
    public string Reason { get; init; } = "";
    public IReadOnlyList<string> Policies { get; init; } = [];
    public IReadOnlyList<string> FailedPolicies { get; init; } = [];
    public string PolicyHash { get; init; } = "";

    /// <summary>How the workload had behaved, as policy was told; null for zero.</summary>
    public long? SignalIssues { get; init; }
    public long? SignalDenials { get; init; }
    public long? SignalResources { get; init; }
    public long? SignalViolations { get; init; }
    public long? SignalFailures { get; init; }

    /// <summary>What the policies that permit demand: the longest life, approvals by these groups, sealed delivery.</summary>
    public TimeSpan? MaxTimeToLive { get; init; }
    public IReadOnlyList<string> Approvals { get; init; } = [];
    public bool? Sealed { get; init; }

    /// <summary>What they had to say to the caller.</summary>
    public IReadOnlyList<string> Advice { get; init; } = [];

    /// <summary>The id under which a policy server keeps its decision.</summary>
    public string PolicyServerDecision { get; init; } = "";

    // lease
    public string Lease { get; init; } = "";
    public string Grant { get; init; } = "";
    public string Engine { get; init; } = "";
    public string Target { get; init; } = "";
    public string Classification { get; init; } = "";
    public string Environment { get; init; } = "";
    public DateTimeOffset? ExpireTime { get; init; }

    /// <summary>Thumbprint of the key that the secret was sealed for (RFC 7638).</summary>
    public string SealedFor { get; init; } = "";

    // end
    public string Cause { get; init; } = "";
    public DateTimeOffset? EndTime { get; init; }
    public DateTimeOffset? GoneTime { get; init; }

    /// <summary>From the moment it should have been gone to the proof that it was.</summary>
    public TimeSpan? Lag { get; init; }
    public int? Attempts { get; init; }
    public string Proof { get; init; } = "";

    /// <summary>What happened: a task's outcome, a use's outcome, a start's version, a reload's result.</summary>
    public string Outcome { get; init; } = "";

    /// <summary>What a use touched further down, as the agent reports it.</summary>
    public string DownstreamResource { get; init; } = "";

    // refused authentications
    /// <summary>The configured issuer or trust domain that was asked; empty when none was.</summary>
    public string Authority { get; init; } = "";

    /// <summary>How many calls the record stands for.</summary>
    public long? Count { get; init; }

    // what a resource server asked for
    /// <summary>Who it is, as the catalogue knows it.</summary>
    public string ResourceServer { get; init; } = "";

    // delegation

    /// <summary>The nearest one: under which the task was started; of a delegation's own record, that one.</summary>
    public string Delegation { get; init; } = "";

    /// <summary>The workloads above, the root task's owner first.</summary>
    public IReadOnlyList<string> DelegationChain { get; init; } = [];
    public string RootTask { get; init; } = "";
    public string RootPurpose { get; init; } = "";
    public string RootInitiator { get; init; } = "";

    /// <summary>Hash of what the root task fixes.</summary>
    public string RootIntent { get; init; } = "";

    /// <summary>Who may act, and within which bounds.</summary>
    public string Delegate { get; init; } = "";
    public IReadOnlyList<string> DelegatedActions { get; init; } = [];
    public IReadOnlyList<string> DelegatedResources { get; init; } = [];
    public long? MaxUses { get; init; }
    public long? MoreHops { get; init; }
    public bool? MayRephrase { get; init; }

    // kill switch
    public string KillOrder { get; init; } = "";

    /// <summary>What the order covers: <c>workload spiffe://…</c>.</summary>
    public string Selector { get; init; } = "";

    /// <summary>Who proposed the lift that another operator confirmed.</summary>
    public string ProposedBy { get; init; } = "";
    public long? LeasesFound { get; init; }
    public long? LeasesEnded { get; init; }
    public long? LeasesGone { get; init; }

    // approvals
    public string Approval { get; init; } = "";
    public string Review { get; init; } = "";

    /// <summary>Whose request an approver or reviewer speaks of.</summary>
    public string Requester { get; init; } = "";

    /// <summary>SHA-256 of all that an approval is bound to, hexadecimal.</summary>
    public string SubjectHash { get; init; } = "";

    /// <summary>W3C trace id of the call.</summary>
    public string TraceId { get; init; } = "";
}
