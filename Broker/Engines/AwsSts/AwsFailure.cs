using System.Net;
using System.Security.Authentication;
using System.Xml;
using Amazon.Runtime;

namespace SecretsBroker.Engines.AwsSts;

/// <summary>What a failure of AWS means. Its words go no further.</summary>
internal static class AwsFailure
{
    private static readonly Dictionary<string, (string Text, bool IsTransient)> _known = new()
    {
        ["AccessDenied"] = ("the broker's account may not do it, or the role's trust policy does not let it, or not with a source identity", false),
        ["AccessDeniedException"] = ("the broker's account may not do it", false),
        ["InvalidClientTokenId"] = ("the broker's key is not known", false),
        ["SignatureDoesNotMatch"] = ("the broker's key does not match, or its clock is wrong", false),
        ["RequestExpired"] = ("the broker's clock is wrong", false),
        ["ExpiredToken"] = ("the broker's session is over", false),
        ["ExpiredTokenException"] = ("the broker's session is over", false),
        ["MalformedPolicyDocument"] = ("the session policy is refused: look at the grant's statements", false),
        ["PackedPolicyTooLarge"] = ("the session policy is too large: shorten the grant's statements", false),
        ["RegionDisabledException"] = ("STS is not enabled in that region", false),
        ["ValidationError"] = ("a parameter is refused: is max_ttl longer than the role's MaxSessionDuration?", false),
        ["NoSuchEntity"] = ("there is no such role", false),
        ["LimitExceeded"] = ("the role's policies are full: too many sessions are denied at once", true),
        ["Throttling"] = ("there were too many requests", true),
        ["ThrottlingException"] = ("there were too many requests", true),
        ["RequestLimitExceeded"] = ("there were too many requests", true),
    };

    public static bool IsKnown(Exception e) => e is
        EngineException or AmazonClientException or AmazonServiceException or AwsRefusalException or HttpRequestException or
        OperationCanceledException or IOException or XmlException or InvalidOperationException;

    /// <param name="target">The target's name.</param>
    /// <param name="step">What was being done: <c>issuing</c>.</param>
    /// <param name="e">A failure that is <see cref="IsKnown"/>.</param>
    public static EngineException Translate(string target, string step, Exception e)
    {
        foreach (var cause in CausesOf(e))
        {
            switch (cause)
            {
                case EngineException own:
                    return new EngineException($"target {target}: {own.Message}", own.IsTransient);
                case AmazonServiceException { ErrorCode: { Length: > 0 } code } refused:
                    return Translate(target, step, code, (int)refused.StatusCode);
                case AwsRefusalException refused:
                    return Translate(target, step, refused.Code, refused.Status);
                case AuthenticationException:
                    return new EngineException($"target {target}: {step} failed: no trusted TLS connection", isTransient: false);
            }
        }

        return e switch
        {
            OperationCanceledException => new EngineException($"target {target}: {step} took too long", isTransient: true),
            AmazonServiceException { StatusCode: >= HttpStatusCode.Redirect } refused => Translate(target, step, "", (int)refused.StatusCode),
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } or XmlException or InvalidOperationException or
                AmazonUnmarshallingException =>
                new EngineException($"target {target}: {step} failed: the answer is not that of AWS", isTransient: false),
            HttpRequestException or IOException or AmazonServiceException =>
                new EngineException($"target {target}: {step} failed: no connection, or no whole answer", isTransient: true),
            _ => new EngineException($"target {target}: {step} failed: the broker has no credentials at AWS", isTransient: false),
        };
    }

    private static EngineException Translate(string target, string step, string code, int status)
    {
        var (text, isTransient) = _known.GetValueOrDefault(code, ($"it was answered with status {status}", status is 408 or 429 or >= 500));
        return new EngineException($"target {target}: {step} failed: {text}", isTransient);
    }

    private static IEnumerable<Exception> CausesOf(Exception e)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}

/// <summary>AWS did not do what it was asked. What it said goes no further than its code.</summary>
/// <param name="code">AWS's; empty when it gave none.</param>
/// <param name="status">Of the answer.</param>
/// <param name="time">When it said so, by its own clock; null when it did not say.</param>
internal sealed class AwsRefusalException(string code, int status, DateTimeOffset? time) : Exception($"status {status}")
{
    public string Code => code;

    public int Status => status;

    public DateTimeOffset? Time => time;
}
