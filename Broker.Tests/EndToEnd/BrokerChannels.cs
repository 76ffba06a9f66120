using Grpc.Core;
using Grpc.Net.Client;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>A connection to each broker; a call that breaks on one is made again on the other.</summary>
internal sealed class BrokerChannels(IEnumerable<int> ports) : IDisposable
{
    private readonly GrpcChannel[] _channels = [.. ports.Select(port => GrpcChannel.ForAddress($"http://127.0.0.1:{port}"))];

    public Agent Of(int broker, string token) => Agent.At(_channels[broker], token);

    public async Task<T> CallAsync<T>(string token, int preferred, Func<Agent, Task<T>> call)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await call(Agent.At(_channels[(preferred + attempt) % _channels.Length], token));
            }
            catch (RpcException e) when (attempt < 20 && (Rpc.DetailOf(e) is var detail) && (detail.Reason.Length == 0 || detail.Retryable))
            {
                await Task.Delay(50);
            }
        }
    }

    public void Dispose()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }
    }
}
