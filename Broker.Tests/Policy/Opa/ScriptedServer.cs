using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SecretsBroker.Tests.Policy.Opa;

/// <summary>
/// Reads whole HTTP requests and answers the n-th of them with the n-th text, whatever that is. After a text it closes its side of the
/// connection unless another request is expected on it.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly byte[][] _answers;
    private readonly bool _keepsOpen;
    private readonly Task _accepting;
    private int _requests;
    private int _closed;

    /// <param name="keepsOpen">Whether a connection stays open after each answer but an empty one.</param>
    /// <param name="answers">The last one also answers what comes after it.</param>
    public ScriptedServer(bool keepsOpen, params byte[][] answers)
    {
        (_keepsOpen, _answers) = (keepsOpen, answers);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Connections that it has closed its side of.</summary>
    public int Closed => Volatile.Read(ref _closed);

    public static byte[] Answer(string body, string headers = "", int? length = null) => Encoding.UTF8.GetBytes(
        $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}Content-Length: {length ?? Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _accepting;
        _listener.Stop();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stopping.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var connection = socket;
        try
        {
            while (await ReadRequestAsync(connection))
            {
                var answer = _answers[Math.Min(Interlocked.Increment(ref _requests), _answers.Length) - 1];
                await connection.SendAsync(answer, _stopping.Token);
                if (_keepsOpen && answer.Length > 0)
                {
                    continue;
                }

                connection.Shutdown(SocketShutdown.Send);
                Interlocked.Increment(ref _closed);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The test is over, or the other side did not want the rest.
        }
    }

    private async Task<bool> ReadRequestAsync(Socket connection)
    {
        var buffer = new byte[16 * 1024];
        var request = new StringBuilder();
        while (!IsWhole(request.ToString()))
        {
            var read = await connection.ReceiveAsync(buffer, _stopping.Token);
            if (read == 0)
            {
                return false;
            }

            request.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return true;
    }

    private static bool IsWhole(string request)
    {
        const string Length = "Content-Length: ";
        var end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var length = request.IndexOf(Length, StringComparison.Ordinal);
        return end >= 0
            && length >= 0
            && request.Length >= end + 4 + int.Parse(request[(length + Length.Length)..request.IndexOf("\r\n", length, StringComparison.Ordinal)]);
    }
}
