using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Leases;

/// <summary>What <see cref="ILeaseStore.ReserveAsync"/> needs to know.</summary>
internal sealed record Reservation
{
    public required TaskKey Task { get; init; }

    public required string Grant { get; init; }

    public required string Engine { get; init; }

    public required string Target { get; init; }

    public required string Action { get; init; }

    public required string Resource { get; init; }

    public string Tool { get; init; } = "";

    public string Purpose { get; init; } = "";

    public string Initiator { get; init; } = "";

    public required string DecisionId { get; init; }

    /// <summary>Null when it is not known; policy cannot be asked about the lease again then.</summary>
    public DecisionBasis? Basis { get; init; }

    public string RequestId { get; init; } = "";

    /// <summary>Thumbprint of the key that the secret is sealed for (RFC 7638); empty when it is delivered as it is.</summary>
    public string SealedFor { get; init; } = "";

    public string TraceParent { get; init; } = "";

    /// <summary>From the reservation on; at least one second.</summary>
    public required TimeSpan TimeToLive { get; init; }

    /// <summary>The longest that renewals may stretch it to, from the reservation on.</summary>
    public required TimeSpan MaxTimeToLive { get; init; }

    /// <summary>How long issuing may take; afterwards the reservation is abandoned.</summary>
    public required TimeSpan IssueTimeout { get; init; }

    /// <summary>How long after the issue deadline a late issue call could still take effect at the target.</summary>
    public required TimeSpan SettleMargin { get; init; }

    /// <summary>Neither its time to live nor any renewal goes past this; null for no such bound.</summary>
    public DateTimeOffset? LatestExpireTime { get; init; }

    /// <summary>Through whom its task came to its owner; null for a task of the owner's own.</summary>
    public DelegationChain? Delegation { get; init; }

    public required LeaseQuotas Quotas { get; init; }
}

/// <summary>Limits that <see cref="ILeaseStore.ReserveAsync"/> enforces exactly. Zero or less means no limit.</summary>
/// <param name="LivePerWorkload">Leases of the workload that are not <see cref="LeaseState.Revoked"/>.</param>
/// <param name="LivePerTask">Leases of the task that are not <see cref="LeaseState.Revoked"/>.</param>
/// <param name="IssuesPerMinute">
/// Reservations of the workload: a token bucket of that size, full at first, refilled at that rate. Counted in whole numbers, so that
/// every store answers alike: a reservation costs 60,000, each millisecond adds <c>IssuesPerMinute</c>, up to 60,000 × <c>IssuesPerMinute</c>.
/// </param>
internal sealed record LeaseQuotas(int LivePerWorkload, int LivePerTask, int IssuesPerMinute);
