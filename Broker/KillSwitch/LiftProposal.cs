namespace SecretsBroker.KillSwitch;

/// <summary>One operator wants an order lifted; it stands until another one confirms.</summary>
/// <param name="Actor">Who proposed it; the first proposal stands.</param>
/// <param name="Time">When, by the store's clock.</param>
internal sealed record LiftProposal(string Actor, DateTimeOffset Time);
