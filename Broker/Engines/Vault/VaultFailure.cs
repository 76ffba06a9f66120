using SecretsBroker.Engines.Http;

namespace SecretsBroker.Engines.Vault;

/// <summary>What a failure of Vault's API means. Its words go no further.</summary>
internal static class VaultFailure
{
    public static ApiFailures All { get; } = new("Vault's API", Describe);

    private static ApiFailure? Describe(Exception e) => e switch
    {
        VaultRefusalException { Status: 307 } => new ApiFailure("was sent elsewhere: a standby answers that does not forward requests", IsTransient: true) { IsAnswer = true },
        VaultRefusalException { Status: 503 } => ApiFailure.OfStatus(503) with { Text = "was answered with status 503: it is sealed, or has no active node" },
        // Vault's own: a replica that is behind, and secondaries that do not answer for the primary.
        VaultRefusalException { Status: (412 or 472 or 473) and var status } => ApiFailure.OfStatus(status) with { IsTransient = true },
        VaultRefusalException refusal => ApiFailure.OfStatus(refusal.Status),
        _ => null,
    };
}
