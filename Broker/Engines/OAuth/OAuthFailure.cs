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

    /// <summary>Whether the server has something else at an address, or nothing.</summary>
    public static bool IsNotThere(Exception e) => e is JsonException || (e is OAuthRefusalException refusal && !IsTransient(refusal.Status));

    /// <param name="target">The target's name.</param>
    /// <param name="step">What was being done: <c>issuing</c>.</param>
    /// <param name="e">A failure that is <see cref="IsKnown"/>.</param>
    public static EngineException Translate(string target, string step, Exception e)
    {
        var (message, isTransient) = Describe(step, e);
        return new EngineException($"target {target}: {message}", isTransient);
    }

    /// <inheritdoc cref="Translate"/>
    public static (string Message, bool IsTransient) Describe(string step, Exception e) => e switch
    {
        EngineException own => (own.Message, own.IsTransient),
        OAuthRefusalException { Code.Length: 0 } refusal => ($"{step} was answered with status {refusal.Status}", IsTransient(refusal.Status)),
        OAuthRefusalException refusal => ($"{step} was answered with status {refusal.Status}, {refusal.Code}", IsTransient(refusal.Status)),
        HttpRequestException { InnerException: AuthenticationException } => ($"{step} failed: no trusted TLS connection", false),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => ($"{step} failed: the answer is too long", false),
        OperationCanceledException => ($"{step} took too long", true),
        JsonException => ($"{step} failed: the answer is not that of an authorization server", false),
        _ => ($"{step} failed: no connection ({(e.InnerException ?? e).GetType().Name})", true),
    };

    private static bool IsTransient(int status) => status is 408 or 429 or >= 500;
}
