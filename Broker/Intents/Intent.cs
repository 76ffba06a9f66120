namespace SecretsBroker.Intents;

/// <summary>What a secret is wanted for. Validated at the edge.</summary>
/// <param name="Action">For example <c>read</c>.</param>
/// <param name="Resource">For example <c>invoices-api/invoices</c>.</param>
/// <param name="Tool">The tool that will use the secret; empty when not stated.</param>
/// <param name="Purpose">Why, in the caller's words.</param>
/// <param name="TimeToLive">The requested time to live; null asks for the grant's default.</param>
internal sealed record Intent(string Action, string Resource, string Tool, string Purpose, TimeSpan? TimeToLive);
