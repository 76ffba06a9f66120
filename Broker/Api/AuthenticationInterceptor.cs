using Grpc.Core;
using Grpc.Core.Interceptors;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Certificates;
using SecretsBroker.Identity.Dpop;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Api;

/// <summary>
/// Finds out who calls, before the message is looked at, and turns away who calls too often, before anything is done for them. Whoever
/// is not believed is told so in one way, whatever the cause; the cause goes to the log, the metric and, many in one, the audit log.
/// Only a missing nonce is told, with the nonce.
/// </summary>
internal sealed class AuthenticationInterceptor(
    CallRules rules,
    CallerAuthenticator authenticator,
    DpopCheck dpop,
    CallLimiter limiter,
    AuthenticationFailureLog failures,
    BrokerMetrics metrics,
    BrokerTracing tracing) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        await AuthenticateAsync(context);
        return await continuation(request, context);
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AuthenticateAsync(context);
        return await continuation(requestStream, context);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AuthenticateAsync(context);
        await continuation(request, responseStream, context);
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AuthenticateAsync(context);
        await continuation(requestStream, responseStream, context);
    }

    private async ValueTask AuthenticateAsync(ServerCallContext context)
    {
        switch (rules.Of(context.Method))
        {
            case CallRule.Anonymous:
                return;
            case CallRule.Authenticated or CallRule.Operator:
                break;
            default:
                failures.NoRule(context.Method);
                throw Errors.Unauthenticated();
        }

        using var span = tracing.StartIdentity();
        var result = await ReadAsync(context);
        if (result.Succeeded && !limiter.TryTake(result.Workload.Id))
        {
            throw Errors.TooManyCalls();
        }

        if (result.Proof is { } proof && !await dpop.TryUseAsync(proof, context.CancellationToken))
        {
            result = AuthenticationResult.Failed(AuthenticationFault.ProofReplayed, result.Authority);
        }

        if (result.Succeeded)
        {
            context.SetWorkload(result.Workload);
            return;
        }

        var error = result.Fault == AuthenticationFault.ProofNonceMissing
            ? Errors.ProofNonceMissing(dpop.MakeNonce())
            : Errors.Unauthenticated();
        span.Fail(error);
        metrics.AuthenticationFailed(result.Fault.ToFailure());
        failures.Refused(context.Method, result, context.GetSourceAddress());
        throw error;
    }

    // From the request itself: gRPC's metadata joins the values of a repeated header to one.
    private ValueTask<AuthenticationResult> ReadAsync(ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var (tokens, proofs) = (http.Request.Headers.Authorization, http.Request.Headers["DPoP"]);
        if (tokens.Count > 1)
            return Refuse(AuthenticationFault.CredentialRepeated);
        if (proofs.Count > 1)
            return Refuse(AuthenticationFault.ProofRepeated);
        var call = new CallerCredentials(tokens) { Certificate = http.Features.Get<PresentedCertificate>() };
        if (proofs.Count == 1)
            call = call with { Proof = proofs, Origin = $"{http.Request.Scheme}://{http.Request.Host}", Path = context.Method };
        return authenticator.AuthenticateAsync(call, context.CancellationToken);

        static ValueTask<AuthenticationResult> Refuse(AuthenticationFault fault) =>
            ValueTask.FromResult(AuthenticationResult.Failed(fault));
    }
}
