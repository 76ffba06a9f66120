using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using SecretsBroker.V1;

namespace SecretsBroker.Client;

/// <summary>From a status and its details to the exception that a program can act on.</summary>
internal static class Statuses
{
    private const string DetailTrailer = "secretsbroker-error-bin";

    public static SecretsBrokerException ToException(RpcException e)
    {
        var detail = DetailOf(e);
        var message = e.Status.Detail;
        return e.StatusCode switch
        {
            StatusCode.PermissionDenied => new AccessDeniedException(message, Reason("DENIED"), DecisionId(), e),
            StatusCode.ResourceExhausted => new QuotaExceededException(message, Reason("QUOTA"), DecisionId(), e)
            {
                RetryAfter = detail?.RetryAfter?.ToTimeSpan(),
            },
            StatusCode.FailedPrecondition when detail?.Reason == "APPROVAL_NEEDED" =>
                new ApprovalNeededException(message, DecisionId(), e) { ApprovalId = detail.ApprovalId },
            StatusCode.FailedPrecondition when detail?.Reason == "SEALED_DELIVERY_NEEDED" =>
                new SealedDeliveryNeededException(message, DecisionId(), e),
            StatusCode.FailedPrecondition when detail?.Reason == "TASK_ENDED" => new TaskEndedException(message, e),
            _ => new SecretsBrokerException(
                message,
                Reason(JsonNamingPolicy.SnakeCaseUpper.ConvertName(e.StatusCode.ToString())),
                DecisionId(),
                detail?.Retryable ?? e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded,
                e),
        };

        string Reason(string otherwise) => detail is { Reason.Length: > 0 } ? detail.Reason : otherwise;

        string DecisionId() => detail?.DecisionId ?? "";
    }

    /// <summary>Of whatever a call can fail with.</summary>
    public static SecretsBrokerException ToException(Exception e) => e switch
    {
        SecretsBrokerException known => known,
        RpcException status => ToException(status),
        ObjectDisposedException disposed => Disposed(disposed),
        _ => new SecretsBrokerException("the call failed", "INTERNAL", innerException: e),
    };

    public static SecretsBrokerException TimedOut(TimeSpan limit, Exception e) =>
        new($"the broker did not answer within {limit}", "DEADLINE_EXCEEDED", isRetryable: true, innerException: e);

    public static SecretsBrokerException Disposed(ObjectDisposedException e) =>
        new("the client is disposed", "CLIENT_DISPOSED", innerException: e);

    /// <summary>Whether the broker, or the way to it, was unavailable, and may be available again.</summary>
    public static bool IsSafeToRepeat(RpcException e) =>
        e.StatusCode == StatusCode.Unavailable && (DetailOf(e)?.Retryable ?? true);

    /// <summary>Whether the broker only wants its nonce in the proof, which it has given with this answer.</summary>
    public static bool IsMissingNonce(RpcException e) =>
        e.StatusCode == StatusCode.Unauthenticated && DetailOf(e)?.Reason == "USE_DPOP_NONCE";

    public static bool IsCancellation(Exception e) =>
        e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled or StatusCode.DeadlineExceeded };

    /// <returns>Null when the status did not come from a broker.</returns>
    private static ErrorDetail? DetailOf(RpcException e)
    {
        var entry = e.Trailers.Get(DetailTrailer);
        if (entry is not { IsBinary: true })
        {
            return null;
        }

        try
        {
            return ErrorDetail.Parser.ParseFrom(entry.ValueBytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
