namespace SecretsBroker.Identity.Tokens;

/// <summary>What is kept of a validated token: whom it stands for, and what it stands on.</summary>
/// <param name="Workload">Whom, once possession is shown.</param>
/// <param name="Authority">Whose key signed it.</param>
/// <param name="KeyThumbprint">Which; the token is forgotten when the authority no longer has that key.</param>
/// <param name="Confirmation">The key that its holder must show anew with every call; null for a bearer token.</param>
/// <param name="EndTime">When it would no longer be accepted if it came for the first time.</param>
internal sealed record RememberedToken(
    Workload Workload, TokenAuthority Authority, string KeyThumbprint, Confirmation? Confirmation, DateTimeOffset EndTime);
