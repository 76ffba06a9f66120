using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SecretsBroker.Samples.LocalServers;

/// <summary>One command to a server on this machine, without a client library. For setting servers up, not for use.</summary>
public static class RedisCommand
{
    /// <returns>The answer: of a bulk string its text, of everything else its first line.</returns>
    public static async Task<string> SendAsync(int port, string command, CancellationToken cancellationToken = default)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var line = await reader.ReadLineAsync(cancellationToken) ?? throw new IOException("redis closed the connection");
        if (line is not ['$', .. var digits] || int.Parse(digits) is not (> 0 and var length))
            return line;
        var text = new char[length];
        var read = await reader.ReadBlockAsync(text, cancellationToken);
        return new string(text, 0, read);
    }
}
