namespace SecretsBroker.KillSwitch;

/// <summary>A standing order: until it is lifted or its time is over, nothing that it covers is issued, and what is live is revoked.</summary>
/// <param name="Id">Unique among all orders; used once.</param>
/// <param name="Selector">What it covers.</param>
/// <param name="Reason">Why, for the record.</param>
/// <param name="Actor">Who gave it.</param>
/// <param name="CreateTime">When, by the store's clock; set by the store.</param>
internal sealed record KillOrder(string Id, KillSelector Selector, string Reason, string Actor, DateTimeOffset CreateTime)
{
    /// <summary>Who gives an order that no operator gave; no SPIFFE ID, so that nobody can be it.</summary>
    public const string CircuitBreaker = "circuit-breaker";

    /// <summary>Whether the broker gave it itself, because of how a workload behaved.</summary>
    public bool IsQuarantine => Actor == CircuitBreaker;

    /// <summary>How long it stands, from <see cref="CreateTime"/> on; null until it is lifted. At least a millisecond.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>From then on, by the store's clock, it covers nothing any more. Null for none.</summary>
    public DateTimeOffset? ExpireTime => CreateTime + Lifetime;

    /// <summary>Null until an operator proposed to lift it where that needs a second one.</summary>
    public LiftProposal? LiftProposal { get; init; }
}
