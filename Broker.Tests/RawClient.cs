using Grpc.Core;
using Grpc.Net.Client;
using SecretsBroker.V1;

namespace SecretsBroker.Tests;

/// <summary>The generated stubs, for calls that the client library would make otherwise or not at all.</summary>
internal sealed class RawClient(Uri address, Func<string> token) : IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(address);

    public ChannelBase Channel => _channel;

    public TaskService.TaskServiceClient Tasks => new(_channel);

    public LeaseService.LeaseServiceClient Leases => new(_channel);

    public RecheckService.RecheckServiceClient Rechecks => new(_channel);

    public PolicyService.PolicyServiceClient Policies => new(_channel);

    /// <summary>Authenticated, with a minute until the deadline.</summary>
    public CallOptions Options(CancellationToken cancellationToken = default) => new(
        new Metadata { { "authorization", $"Bearer {token()}" } },
        TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1),
        cancellationToken);

    public void Dispose() => _channel.Dispose();
}
