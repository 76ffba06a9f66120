using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SecretsBroker.Tests;

/// <summary>
/// Stands between clients and a server, passes on what they say, and remembers it. From a given word on it keeps a client's bytes back, as a slow
/// network does: also when the client has given up long ago.
/// </summary>
internal sealed class Relay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _passedOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _seeing = new();
    // Apart, so that what is said the other way meanwhile does not stand in the middle of something.
    private readonly MemoryStream _asked = new();
    private readonly MemoryStream _answered = new();
    private readonly int _server;
    private readonly string? _holdFrom;
    private NetworkStream? _heldFor;

    /// <param name="server">The port of the server.</param>
    /// <param name="holdFrom">Bytes of a client that hold this word, and what follows them, wait for <see cref="Release"/>; null holds nothing.</param>
    public Relay(int server, string? holdFrom = null)
    {
        (_server, _holdFrom) = (server, holdFrom);
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Endpoint => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>When bytes are being kept back.</summary>
    public Task Held => _held.Task;

    /// <summary>When the server has read the first of those after all, or has closed their connection.</summary>
    public Task PassedOn => _passedOn.Task;

    /// <summary>A copy of what clients have sent.</summary>
    public string Asked
    {
        get
        {
            lock (_seeing)
            {
                return Encoding.UTF8.GetString(_asked.ToArray());
            }
        }
    }

    /// <summary>A copy of what has passed in either direction. What a client has received is in it.</summary>
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
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _server, _end.Token);
                var (near, far) = (client.GetStream(), server.GetStream());
                var asking = UntilClosedAsync(AskAsync(near, far));
                await UntilClosedAsync(AnswerAsync(far, near));
                client.Dispose();
                server.Dispose();
                await asking;
                SetPassedOn(far);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // The server is not there.
            }
        }
    }

    private async Task AskAsync(NetworkStream client, NetworkStream server)
    {
        try
        {
            await foreach (var bytes in ReadAsync(client, _asked))
            {
                if (_holdFrom is not null && Encoding.UTF8.GetString(bytes.Span).Contains(_holdFrom, StringComparison.Ordinal))
                {
                    _heldFor ??= server;
                    _held.TrySetResult();
                    await _released.Task.WaitAsync(_end.Token);
                }

                await server.WriteAsync(bytes, _end.Token);
            }
        }
        finally
        {
            // The server still reads what it was sent, and closes its side when it has.
            server.Socket.Shutdown(SocketShutdown.Send);
        }
    }

    private async Task AnswerAsync(NetworkStream server, NetworkStream client)
    {
        await foreach (var bytes in ReadAsync(server, _answered))
        {
            if (_released.Task.IsCompleted)
            {
                SetPassedOn(server);
            }

            await client.WriteAsync(bytes, _end.Token);
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(NetworkStream from, MemoryStream seen)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, _end.Token)) > 0)
        {
            // Before it is passed on: who waits for an answer finds it here.
            lock (_seeing)
            {
                seen.Write(buffer, 0, read);
            }

            yield return buffer.AsMemory(0, read);
        }
    }

    private void SetPassedOn(NetworkStream server)
    {
        if (server == _heldFor)
        {
            _passedOn.TrySetResult();
        }
    }

    private static async Task UntilClosedAsync(Task passing)
    {
        try
        {
            await passing;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // One of the two has closed its side.
        }
    }
}
