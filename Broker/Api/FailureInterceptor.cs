using Grpc.Core;
using Grpc.Core.Interceptors;
using SecretsBroker.Engines;

namespace SecretsBroker.Api;

/// <summary>Turns failures into statuses that tell a caller what to do and nothing else; what happened goes to the log.</summary>
internal sealed partial class FailureInterceptor(ILogger<FailureInterceptor> logger) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(() => continuation(request, context), context);

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(() => continuation(requestStream, context), context);

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(() => Nothing(continuation(request, responseStream, context)), context);

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(() => Nothing(continuation(requestStream, responseStream, context)), context);

    private async Task<T> GuardAsync<T>(Func<Task<T>> call, ServerCallContext context)
    {
        try
        {
            return await call();
        }
        catch (RpcException)
        {
            throw;
        }
        catch (CredentialInputException e)
        {
            throw Errors.Invalid("credential", e.Message);
        }
        catch (BrokerException e)
        {
            LogFailed(context.Method, e.Reason, e.Message);
            throw Errors.Unavailable(e);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "the call was cancelled or its deadline passed"));
        }
        catch (Exception e)
        {
            // Neither message nor stack of what we do not know: either may hold what a target or a caller said.
            LogUnexpected(context.Method, e.GetType().Name, e.TargetSite?.DeclaringType?.Name ?? "?");
            throw Errors.Internal();
        }
    }

    private static async Task<bool> Nothing(Task task)
    {
        await task;
        return true;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} failed with {Reason}: {Failure}")]
    private partial void LogFailed(string method, string reason, string failure);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Method} failed unexpectedly: {Exception} in {Where}")]
    private partial void LogUnexpected(string method, string exception, string where);
}
