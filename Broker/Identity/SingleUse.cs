namespace SecretsBroker.Identity;

/// <summary>How a token is known again where it may be used once only.</summary>
/// <param name="Key">From its issuer and its <c>jti</c>.</param>
/// <param name="EndTime">When it is accepted no more in any case.</param>
internal readonly record struct SingleUse(ReplayKey Key, DateTimeOffset EndTime);
