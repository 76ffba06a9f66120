using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Hosting;
using static Grpc.Health.V1.HealthCheckResponse.Types;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace SecretsBroker.Api;

/// <summary><c>grpc.health.v1.Health</c>. All exposed services are served, or none: they stand on the same store and log.</summary>
internal sealed class HealthService(
    IReadOnlyList<ServiceDescriptor> exposed,
    ServingState state,
    IHostApplicationLifetime lifetime,
    TimeProvider time) : Health.HealthBase
{
    // The empty name asks for the server as a whole.
    private readonly HashSet<string> _known = new(exposed.Select(service => service.FullName), StringComparer.Ordinal) { "" };

    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (!_known.Contains(request.Service))
            throw new RpcException(new Status(StatusCode.NotFound, "No such service."));
        return new HealthCheckResponse { Status = await state.LookAsync(context.CancellationToken) };
    }

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, lifetime.ApplicationStopping);
        ServingStatus? told = null;
        try
        {
            while (true)
            {
                var status = _known.Contains(request.Service)
                    ? await state.LookAsync(context.CancellationToken)
                    : ServingStatus.ServiceUnknown;
                if (status != told)
                    await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken);
                told = status;

                // After the last word, so that a watcher hears that the server goes before it is gone.
                if (lifetime.ApplicationStopping.IsCancellationRequested)
                    return;
                await Task.Delay(ServingState.Freshness, time, ending.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // A watcher that leaves is how every watch ends.
        }
    }
}
