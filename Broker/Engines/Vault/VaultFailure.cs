using System.Security.Authentication;
using System.Text.Json;

namespace SecretsBroker.Engines.Vault;

/// <summary>What a failure of Vault's API means. Its words go no further.</summary>
internal static class VaultFailure
{
    public static bool IsKnown(Exception e) => e is
        EngineException or VaultRefusalException or HttpRequestException or OperationCanceledException or IOException or JsonException or
        InvalidOperationException;

    /// <param name="target">The target's name.</param>
    /// <param name="step">What was being done: <c>issuing</c>.</param>
    /// <param name="e">A failure that is <see cref="IsKnown"/>.</param>
    public static EngineException Translate(string target, string step, Exception e) => e switch
    {
        EngineException own => new EngineException($"target {target}: {own.Message}", own.IsTransient),
        VaultRefusalException { Status: 307 } => new EngineException(
            $"target {target}: {step} was sent elsewhere: a standby answers that does not forward requests", isTransient: true),
        VaultRefusalException { Status: 503 } => new EngineException(
            $"target {target}: {step} was answered with status 503: it is sealed, or has no active node", isTransient: true),
        VaultRefusalException { Status: var status } =>
            new EngineException($"target {target}: {step} was answered with status {status}", IsTransient(status)),
        HttpRequestException { InnerException: AuthenticationException } =>
            new EngineException($"target {target}: {step} failed: no trusted TLS connection", isTransient: false),
        OperationCanceledException => new EngineException($"target {target}: {step} took too long", isTransient: true),
        JsonException or InvalidOperationException =>
            new EngineException($"target {target}: {step} failed: the answer is not that of Vault's API", isTransient: false),
        _ => new EngineException($"target {target}: {step} failed: no connection ({(e.InnerException ?? e).GetType().Name})", isTransient: true),
    };

    // 412, 472 and 473 are Vault's own: a replica that is behind, and secondaries that do not answer for the primary.
    private static bool IsTransient(int status) => status is 408 or 412 or 429 or 472 or 473 or >= 500;
}
