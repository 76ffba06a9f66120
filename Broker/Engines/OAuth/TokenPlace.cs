namespace SecretsBroker.Engines.OAuth;

/// <summary>Where a token is revoked and looked for.</summary>
/// <param name="Revocation">RFC 7009.</param>
/// <param name="Introspection">RFC 7662; null where it does not tell.</param>
/// <param name="Ends">Whether the token is revoked when it is revoked there.</param>
/// <param name="Shows">Whether the token is gone when it is not active there. That it is active is believed anywhere.</param>
/// <param name="IsOfToday">Whether the server is asked there by now, as far as is known. At another place it may be gone: what fails there is no more than a proof that is missing.</param>
/// <param name="IsConfirmed">Whether the server's metadata, or the operator, has said so lately. Without that the server may be asked elsewhere by now.</param>
internal sealed record TokenPlace(Uri Revocation, Uri? Introspection, bool Ends, bool Shows, bool IsOfToday = true, bool IsConfirmed = true);
