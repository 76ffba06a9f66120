using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.RedisAcl;

/// <summary>
/// One connection to one node, logged in as the broker's account. Written for this engine because the store's client library knows no
/// accounts but the default one, and shares its connections: here it matters which commands travel on which of them.
/// </summary>
internal sealed class RespConnection : IDisposable
{
    private readonly TcpClient _client;
    private readonly Stream _stream;
    private readonly X509Certificate2? _certificate;
    private readonly RespReader _reader;

    private RespConnection(TcpClient client, Stream stream, X509Certificate2? certificate)
    {
        _client = client;
        _stream = stream;
        _certificate = certificate;
        _reader = new RespReader(stream);
    }

    /// <summary>Whether every question was answered; if not, what is read next would be the answer to another one.</summary>
    public bool IsInStep { get; private set; } = true;

    /// <exception cref="EngineException">The broker's own password or TLS files cannot be used.</exception>
    /// <exception cref="RespErrorException">The server does not let the account in.</exception>
    public static async Task<RespConnection> OpenAsync(
        RedisEndpoint endpoint, RedisTargetSettings settings, CancellationToken cancellationToken)
    {
        var client = new TcpClient { NoDelay = true };
        Stream? stream = null;
        X509Certificate2? certificate = null;
        try
        {
            await client.ConnectAsync(endpoint.Host, endpoint.Port, cancellationToken);
            stream = client.GetStream();
            if (settings.TlsMode != RedisTlsMode.Disable)
            {
                certificate = RedisTls.ReadCertificate(settings);
                var tls = new SslStream(stream);
                stream = tls;
                await tls.AuthenticateAsClientAsync(RedisTls.Options(endpoint, settings, certificate), cancellationToken);
            }

            var connection = new RespConnection(client, stream, certificate);
            await connection.LogInAsync(settings, cancellationToken);
            return connection;
        }
        catch
        {
            stream?.Dispose();
            client.Dispose();
            certificate?.Dispose();
            throw;
        }
    }

    /// <summary>Sends all commands at once and reads the answer to each. Errors are answers.</summary>
    public async Task<IReadOnlyList<RespValue>> AskAsync(IReadOnlyList<string[]> commands, CancellationToken cancellationToken)
    {
        var frame = new ArrayBufferWriter<byte>();
        foreach (var command in commands)
        {
            Write(frame, [.. command.Select(Encoding.UTF8.GetBytes)]);
        }

        return await SendAsync(frame.WrittenMemory, commands.Count, cancellationToken);
    }

    /// <exception cref="RespErrorException">The answer is an error.</exception>
    public async Task<RespValue> AskAsync(string[] command, CancellationToken cancellationToken) =>
        (await AskAsync([command], cancellationToken))[0].OrThrow();

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
        _certificate?.Dispose();
    }

    private async Task LogInAsync(RedisTargetSettings settings, CancellationToken cancellationToken)
    {
        var password = settings.Password?.TryRead()
            ?? throw new EngineException($"its password ({settings.Password}) cannot be read", isTransient: false);
        var frame = new byte[password.Length + Encoding.UTF8.GetMaxByteCount(settings.Username.Length) + 128];
        try
        {
            // Of a fixed size: a buffer that grows leaves a copy of the password behind.
            var writer = new FixedBuffer(frame);
            Write(writer, "AUTH"u8.ToArray(), Encoding.UTF8.GetBytes(settings.Username), password);
            (await SendAsync(frame.AsMemory(0, writer.Written), count: 1, cancellationToken))[0].OrThrow();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(password);
            CryptographicOperations.ZeroMemory(frame);
        }
    }

    private async Task<IReadOnlyList<RespValue>> SendAsync(
        ReadOnlyMemory<byte> frame, int count, CancellationToken cancellationToken)
    {
        IsInStep = false;
        await _stream.WriteAsync(frame, cancellationToken);
        await _stream.FlushAsync(cancellationToken);
        var answers = new RespValue[count];
        for (var i = 0; i < count; i++)
        {
            answers[i] = await _reader.ReadAsync(cancellationToken);
        }

        IsInStep = true;
        return answers;
    }

    private static void Write(IBufferWriter<byte> frame, params byte[][] arguments)
    {
        frame.Write(Encoding.ASCII.GetBytes($"*{arguments.Length}\r\n"));
        foreach (var argument in arguments)
        {
            frame.Write(Encoding.ASCII.GetBytes($"${argument.Length}\r\n"));
            frame.Write(argument);
            frame.Write("\r\n"u8);
        }
    }

    private sealed class FixedBuffer(byte[] bytes) : IBufferWriter<byte>
    {
        public int Written { get; private set; }

        public void Advance(int count) => Written += count;

        public Memory<byte> GetMemory(int sizeHint = 0) => bytes.AsMemory(Written);

        public Span<byte> GetSpan(int sizeHint = 0) => bytes.AsSpan(Written);
    }
}
