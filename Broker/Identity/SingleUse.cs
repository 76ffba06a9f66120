namespace SecretsBroker.Identity;

/// <summary>How a token or a proof is known again where it may be used once only.</summary>
/// <param name="Key">From its <c>jti</c> and its issuer or its key.</param>
/// <param name="EndTime">When it is accepted no more in any case.</param>
internal readonly record struct SingleUse(ReplayKey Key, DateTimeOffset EndTime);
