using System.Collections.Concurrent;
using System.Net.Sockets;

namespace SecretsBroker.Engines.RedisAcl;

/// <summary>The connections to one node, kept for the next call. There are as many as calls at once, which the target bounds.</summary>
internal sealed class NodeConnections(RedisEndpoint endpoint, RedisTargetSettings settings) : IDisposable
{
    private readonly ConcurrentBag<RespConnection> _idle = [];
    private volatile bool _closed;

    /// <summary>Gives a connection of its own to a call that may be repeated.</summary>
    public async Task<T> UseAsync<T>(Func<RespConnection, Task<T>> use, CancellationToken cancellationToken)
    {
        if (_idle.TryTake(out var known))
        {
            try
            {
                return await UseAsync(known, use);
            }
            catch (Exception e) when (e is IOException or SocketException && !cancellationToken.IsCancellationRequested)
            {
                // It may have died since it was last used; a new one has no such excuse.
            }
        }

        return await UseAsync(await RespConnection.OpenAsync(endpoint, settings, cancellationToken), use);
    }

    public void Dispose()
    {
        _closed = true;
        while (_idle.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }

    private async Task<T> UseAsync<T>(RespConnection connection, Func<RespConnection, Task<T>> use)
    {
        try
        {
            return await use(connection);
        }
        finally
        {
            if (connection.IsInStep && !_closed)
            {
                _idle.Add(connection);
            }
            else
            {
                connection.Dispose();
            }
        }
    }
}
