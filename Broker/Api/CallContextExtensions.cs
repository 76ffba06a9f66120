using Grpc.Core;

namespace SecretsBroker.Api;

/// <summary>What a call knows of its connection and its time.</summary>
internal static class CallContextExtensions
{
    private static readonly TimeSpan WithoutDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(500);

    /// <summary>The caller's address without the port, or empty when there is none.</summary>
    public static string GetSourceAddress(this ServerCallContext context) =>
        context.GetHttpContext().Connection.RemoteIpAddress is { } address
            ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString()
            : "";

    /// <summary>
    /// Cancelled when it is time to answer: half a second before the deadline, so that the answer arrives in it; of a long time left a
    /// tenth, of a short one half.
    /// </summary>
    public static CancellationTokenSource AnswerBy(this ServerCallContext context, TimeProvider time)
    {
        var left = context.Deadline == DateTime.MaxValue ? WithoutDeadline : context.Deadline - time.GetUtcNow().UtcDateTime;
        left = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        var half = left / 2;
        var margin = half < Margin ? half : left / 10 > Margin ? left / 10 : Margin;
        left -= margin;
        var source = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        source.CancelAfter(left < WithoutDeadline ? left : WithoutDeadline);
        return source;
    }
}
