using System.Net.Sockets;
using System.Text;
using SecretsBroker.Engines;

namespace SecretsBroker.Tests.Engines.RedisAcl;

/// <summary>A client that is not the broker's own.</summary>
internal sealed class RedisSession : IDisposable
{
    private readonly TcpClient _client = new();
    private StreamReader _reader = null!;

    public static async Task<RedisSession> ConnectAsync(int port, CancellationToken cancellationToken = default)
    {
        var session = new RedisSession();
        await session._client.ConnectAsync("127.0.0.1", port, cancellationToken);
        session._reader = new StreamReader(session._client.GetStream(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return session;
    }

    /// <summary>A session of the credential's own.</summary>
    /// <returns>Null when it is not let in.</returns>
    public static async Task<RedisSession?> LogInAsync(RedisCredential credential, int port, CancellationToken cancellationToken = default)
    {
        var session = await ConnectAsync(port, cancellationToken);
        var answer = await session.AskAsync("AUTH", credential.Username, credential.Password.Reveal());
        if (answer == "+OK")
        {
            return session;
        }

        session.Dispose();
        Assert.That(answer, Does.StartWith("-WRONGPASS"));
        return null;
    }

    /// <returns>The answer: of a text its content, of a list the number of its items, of everything else its line.</returns>
    public async Task<string> AskAsync(params string[] command)
    {
        var frame = new StringBuilder($"*{command.Length}\r\n");
        foreach (var argument in command)
        {
            frame.Append($"${Encoding.UTF8.GetByteCount(argument)}\r\n{argument}\r\n");
        }

        await _client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(frame.ToString()));
        return await ReadAsync();
    }

    /// <summary>The next answer, or what was pushed; an exception when the server has ended the connection.</summary>
    public async Task<string> ReadAsync()
    {
        var line = await _reader.ReadLineAsync() ?? throw new EndOfStreamException();
        if (line is ['*', .. var items])
        {
            for (var i = 0; i < int.Parse(items); i++)
            {
                await ReadAsync();
            }
        }

        if (line is not ['$', .. var digits] || int.Parse(digits) is not (>= 0 and var length))
        {
            return line;
        }

        var text = new char[length + 2];
        await _reader.ReadBlockAsync(text);
        return new string(text, 0, length);
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _client.Dispose();
    }
}
