using System.Net;
using System.Net.Sockets;

namespace SecretsBroker.Samples.LocalServers;

/// <summary>Ports of the loopback interface that nobody listens on at the moment of asking.</summary>
public static class FreePort
{
    public static int Next() => Next(1)[0];

    /// <summary>Several at once, all different.</summary>
    public static IReadOnlyList<int> Next(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            listeners.ForEach(listener => listener.Start());
            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }
}
