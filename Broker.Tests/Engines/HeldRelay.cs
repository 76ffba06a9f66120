using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SecretsBroker.Tests.Engines;

/// <summary>
/// Passes bytes on between a client and a server, and remembers what the client sent. From a given word on it keeps the client's bytes
/// back, as a slow network does: also when the client has given up long ago.
/// </summary>
internal sealed class HeldRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _passedOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder _sent = new();
    private readonly int _server;
    private readonly string? _holdFrom;

    /// <param name="server">The port of the server.</param>
    /// <param name="holdFrom">The first bytes that hold this word, and what follows them, wait for <see cref="Release"/>; null holds nothing.</param>
    public HeldRelay(int server, string? holdFrom = null)
    {
        (_server, _holdFrom) = (server, holdFrom);
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Endpoint => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>When bytes are being kept back.</summary>
    public Task Held => _held.Task;

    /// <summary>When those were sent to the server after all, or it had closed the connection.</summary>
    public Task PassedOn => _passedOn.Task;

    public string Sent
    {
        get
        {
            lock (_sent)
            {
                return _sent.ToString();
            }
        }
    }

    public void Release() => _released.TrySetResult();

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
            await server.ConnectAsync(IPAddress.Loopback, _server);
            var answers = PassAnswersAsync(server, client);
            await PassCommandsAsync(client.GetStream(), server);
            server.Dispose();
            await answers;
        }
    }

    private async Task PassCommandsAsync(NetworkStream from, TcpClient to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer, _end.Token)) > 0)
            {
                var text = Encoding.UTF8.GetString(buffer, 0, read);
                lock (_sent)
                {
                    _sent.Append(text);
                }

                var hold = _holdFrom is not null && text.Contains(_holdFrom, StringComparison.Ordinal);
                if (hold)
                {
                    _held.TrySetResult();
                    await _released.Task.WaitAsync(_end.Token);
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _end.Token);
                if (hold)
                {
                    await _passedOn.Task.WaitAsync(_end.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One of the two has closed its side.
        }
    }

    private async Task PassAnswersAsync(TcpClient from, TcpClient to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            int read;
            while ((read = await from.GetStream().ReadAsync(buffer, _end.Token)) > 0)
            {
                // The server has read what was kept back.
                SetPassedOn();
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // As above.
        }

        // Or it never will.
        SetPassedOn();
    }

    private void SetPassedOn()
    {
        if (_held.Task.IsCompleted)
        {
            _passedOn.TrySetResult();
        }
    }
}
