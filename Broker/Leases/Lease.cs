using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Leases;

/// <summary>The record of one issued secret; never the secret itself. All instants are the store's.</summary>
internal sealed record Lease
{
    public required LeaseId Id { get; init; }

    public required TaskKey Task { get; init; }

    public WorkloadId Owner => Task.Owner;

    public required string Grant { get; init; }

    public required string Engine { get; init; }

    public required string Target { get; init; }

    public required string Action { get; init; }

    public required string Resource { get; init; }

    public string Tool { get; init; } = "";

    public string Purpose { get; init; } = "";

    public string Initiator { get; init; } = "";

    public required string DecisionId { get; init; }

    /// <summary>The caller's <c>request_id</c>; empty when none was given.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>Thumbprint of the key that the secret is sealed for (RFC 7638); empty when it is delivered as it is.</summary>
    public string SealedFor { get; init; } = "";

    /// <summary>W3C <c>traceparent</c> of the issue, so that the revocation can link to it; empty when not traced.</summary>
    public string TraceParent { get; init; } = "";

    /// <summary>Through whom its task came to its owner; null for a task of the owner's own.</summary>
    public DelegationChain? Delegation { get; init; }

    public LeaseState State { get; init; }

    public EndCause Cause { get; init; }

    public DateTimeOffset CreateTime { get; init; }

    /// <summary>
    /// A reservation that is not active by then is ended as <see cref="EndCause.Abandoned"/>. Never later than <see cref="ExpireTime"/>.
    /// </summary>
    public DateTimeOffset IssueDeadline { get; init; }

    /// <summary>
    /// From then on, absence at the target is final. While an engine's issue call may still be under way it lies after
    /// <see cref="IssueDeadline"/>; the issuer's own report that the call came back moves it to that moment.
    /// </summary>
    public DateTimeOffset SettleTime { get; init; }

    public DateTimeOffset ExpireTime { get; init; }

    /// <summary>No renewal goes past this.</summary>
    public DateTimeOffset MaxExpireTime { get; init; }

    /// <summary>
    /// When it should have been gone: lag is counted from here. For an expired lease its <see cref="ExpireTime"/>, for an abandoned one
    /// its <see cref="IssueDeadline"/>, however late that was noticed.
    /// </summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>When it was proven gone at the target.</summary>
    public DateTimeOffset? GoneTime { get; init; }

    /// <summary>What the engine saw when it looked for it; set with <see cref="GoneTime"/>.</summary>
    public string Proof { get; init; } = "";

    /// <summary>How often revoking was begun.</summary>
    public int Attempts { get; init; }

    /// <summary>
    /// Grows with every claim, and when an issuer that comes back late makes one void; a step that carries an older one is refused.
    /// </summary>
    public long Fence { get; init; }

    /// <summary>
    /// A claim before this one ended without a word or was made void: its holder may have got as far as the audit log. Stays until the
    /// lease is <see cref="Reopened"/>.
    /// </summary>
    public bool TakenOver { get; init; }

    /// <summary>
    /// How often a proof that it was gone was made void, by an issuer that came back late. What follows is another revocation, with a
    /// record of its own: that of the first may be written, or still be.
    /// </summary>
    public int Reopened { get; init; }

    /// <summary>
    /// What the engine wants to be told again when it revokes, besides the lease's id: for example a role's OID. Not secret,
    /// and nothing that revoking depends on. Empty until the issuer reported it, active or refused.
    /// </summary>
    public string Handle { get; init; } = "";
}
