using System.Net;
using Amazon.Runtime;
using SecretsBroker.Engines.Http;

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

    public static ApiFailures All { get; } = new("AWS", Describe);

    private static ApiFailure? Describe(Exception e) => e switch
    {
        AmazonServiceException { ErrorCode: { Length: > 0 } code } refused => Describe(code, (int)refused.StatusCode),
        AwsRefusalException refused => Describe(refused.Code, refused.Status),
        AmazonServiceException { StatusCode: >= HttpStatusCode.Redirect } refused => Describe("", (int)refused.StatusCode),
        AmazonUnmarshallingException => new ApiFailure("failed: the answer is not that of AWS", IsTransient: false),
        AmazonServiceException => new ApiFailure("failed: no connection, or no whole answer", IsTransient: true),
        AmazonClientException => new ApiFailure("failed: the broker has no credentials at AWS", IsTransient: false),
        _ => null,
    };

    private static ApiFailure Describe(string code, int status)
    {
        var (text, isTransient) = _known.GetValueOrDefault(code, ($"it was answered with status {status}", ApiFailure.IsTransientStatus(status)));
        return new ApiFailure($"failed: {text}", isTransient) { IsAnswer = true };
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
