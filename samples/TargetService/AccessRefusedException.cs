using Microsoft.AspNetCore.Http;

namespace SecretsBroker.Samples.TargetService;

/// <summary>Why a request is not let through. The message is a fixed sentence: it is logged and sent to the caller.</summary>
internal sealed class AccessRefusedException : Exception
{
    private AccessRefusedException(int statusCode, string error, string message)
        : base(message) => (StatusCode, Error) = (statusCode, error);

    public int StatusCode { get; }

    /// <summary>RFC 6750 §3.1; empty when the caller's credential is not to blame.</summary>
    public string Error { get; }

    public static AccessRefusedException Unauthorized(string why) => new(StatusCodes.Status401Unauthorized, "invalid_token", why);

    public static AccessRefusedException Forbidden(string why) => new(StatusCodes.Status403Forbidden, "insufficient_scope", why);

    public static AccessRefusedException Unavailable(string why) => new(StatusCodes.Status503ServiceUnavailable, "", why);
}
