using System.Net;
using System.Net.Sockets;

namespace SecretsBroker.Tests.Sealing;

/// <summary>A proxy on the way to a server, which remembers all that passes in either direction.</summary>
internal sealed class RecordingRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    // Apart, so that what is said the other way meanwhile does not stand in the middle of something.
    private readonly MemoryStream _asked = new();
    private readonly MemoryStream _answered = new();
    private readonly Lock _seeing = new();
    private readonly int _server;

    public RecordingRelay(int server)
    {
        _server = server;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>A copy of what has passed. What a client has received is in it.</summary>
    public byte[] Seen
    {
        get
        {
            lock (_seeing)
            {
                return [.. _asked.ToArray(), .. _answered.ToArray()];
            }
        }
    }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = RelayAsync(await _listener.AcceptTcpClientAsync(_end.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The end of the test.
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _server, _end.Token);
                await Task.WhenAny(PassAsync(client.GetStream(), server.GetStream(), _asked), PassAsync(server.GetStream(), client.GetStream(), _answered));
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
            {
                // One of the two has closed its side.
            }
        }
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to, MemoryStream seen)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer, _end.Token)) > 0)
            {
                // Before it is passed on: who waits for an answer finds it here.
                lock (_seeing)
                {
                    seen.Write(buffer, 0, read);
                }

                await to.WriteAsync(buffer.AsMemory(0, read), _end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // As above.
        }
    }
}
