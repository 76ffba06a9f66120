namespace SecretsBroker.KillSwitch;

/// <summary>A standing order: nothing that it covers is issued, and what is live is revoked.</summary>
/// <param name="Id">Unique among all orders; used once.</param>
/// <param name="Selector">What it covers.</param>
/// <param name="Reason">Why, for the record.</param>
/// <param name="Actor">Who gave it.</param>
/// <param name="CreateTime">When, by the store's clock; set by the store.</param>
internal sealed record KillOrder(string Id, KillSelector Selector, string Reason, string Actor, DateTimeOffset CreateTime)
{
    /// <summary>Null until an operator proposed to lift it where that needs a second one.</summary>
    public LiftProposal? LiftProposal { get; init; }
}
