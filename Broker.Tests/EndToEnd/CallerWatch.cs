using Grpc.Core;
using Grpc.Core.Interceptors;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>In the broker's pipeline: counts the calls whose caller has left, once the broker itself knows it.</summary>
internal sealed class CallerWatch : Interceptor
{
    private int _left;

    public int Left => Volatile.Read(ref _left);

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        await using var watch = context.CancellationToken.Register(() => Interlocked.Increment(ref _left));
        return await continuation(request, context);
    }
}
