using System.Security.Authentication;
using System.Text.Json;

namespace SecretsBroker.Engines.OAuth;

/// <summary>What a failure of an authorization server means. Its words go no further.</summary>
internal static class OAuthFailure
{
    public static bool IsKnown(Exception e) =>
        e is EngineException or OAuthRefusalException or HttpRequestException or OperationCanceledException or IOException or JsonException;

    /// <summary>Whether it is certain that no token was made: the server said no, or was not even reached.</summary>
    public static bool IsBeforeAnything(Exception e) => e switch
    {
        OAuthRefusalException refusal => refusal.IsRefusal,
        // A file of the broker's own, without which nothing is sent.
        EngineException => true,
        HttpRequestException http => http.HttpRequestError
            is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
        _ => false,
    };

    /// <param name="target">The target's name.</param>
    /// <param name="step">What was being done: <c>issuing</c>.</param>
    /// <param name="e">A failure that is <see cref="IsKnown"/>.</param>
    public static EngineException Translate(string target, string step, Exception e) => e switch
    {
        EngineException own => new EngineException($"target {target}: {own.Message}", own.IsTransient),
        OAuthRefusalException { Code.Length: 0 } refusal =>
            new EngineException($"target {target}: {step} was answered with status {refusal.Status}", IsTransient(refusal.Status)),
        OAuthRefusalException refusal =>
            new EngineException($"target {target}: {step} was answered with status {refusal.Status}, {refusal.Code}", IsTransient(refusal.Status)),
        HttpRequestException { InnerException: AuthenticationException } =>
            new EngineException($"target {target}: {step} failed: no trusted TLS connection", isTransient: false),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            new EngineException($"target {target}: {step} failed: the answer is too long", isTransient: false),
        OperationCanceledException => new EngineException($"target {target}: {step} took too long", isTransient: true),
        JsonException => new EngineException($"target {target}: {step} failed: the answer is not that of an authorization server", isTransient: false),
        _ => new EngineException($"target {target}: {step} failed: no connection ({(e.InnerException ?? e).GetType().Name})", isTransient: true),
    };

    private static bool IsTransient(int status) => status is 408 or 429 or >= 500;
}
