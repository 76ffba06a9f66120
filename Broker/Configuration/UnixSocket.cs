using System.Net.Sockets;

namespace SecretsBroker.Configuration;

/// <summary>Connections to a Unix socket whose path a setting names.</summary>
internal static class UnixSocket
{
    /// <exception cref="SocketException">Nobody listens there, or this process may not write to it.</exception>
    public static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
