using System.Text.Json;
using SecretsBroker.Engines.Http;

namespace SecretsBroker.Engines.OAuth;

/// <summary>What a failure of an authorization server means. Its words go no further.</summary>
internal static class OAuthFailure
{
    public static ApiFailures All { get; } = new("an authorization server", Describe);

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
    public static bool IsNotThere(Exception e) => e is JsonException || (e is OAuthRefusalException refusal && !ApiFailure.IsTransientStatus(refusal.Status));

    private static ApiFailure? Describe(Exception e) => e switch
    {
        OAuthRefusalException { Code.Length: 0 } refusal => ApiFailure.OfStatus(refusal.Status),
        OAuthRefusalException refusal => ApiFailure.OfStatus(refusal.Status) with { Text = $"was answered with status {refusal.Status}, {refusal.Code}" },
        _ => null,
    };
}
