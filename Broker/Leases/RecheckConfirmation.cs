namespace SecretsBroker.Leases;

/// <summary>An operator's word that what policies of one hash no longer allow may be revoked, however much it is.</summary>
/// <param name="PolicyHash">Of the policies that it speaks of, and of no others.</param>
/// <param name="Actor">Who gave it.</param>
/// <param name="Time">When, by the store's clock; set by the store.</param>
internal sealed record RecheckConfirmation(string PolicyHash, string Actor, DateTimeOffset Time);
