using System.Text;

namespace SecretsBroker.Engines.RedisAcl;

/// <summary>Reads answers, within limits that an honest server does not reach.</summary>
internal sealed class RespReader(Stream stream)
{
    private const int InitialBytes = 16 * 1024;
    private const int MaxLineBytes = 64 * 1024;
    private const int MaxTextBytes = 256 * 1024 * 1024;
    private const int MaxItems = 1_000_000;
    private const int MaxDepth = 8;

    private byte[] _buffer = new byte[InitialBytes];
    private int _start;
    private int _end;

    /// <exception cref="IOException">The connection ended, or what came is no answer.</exception>
    public Task<RespValue> ReadAsync(CancellationToken cancellationToken) => ReadAsync(depth: 0, cancellationToken);

    private async Task<RespValue> ReadAsync(int depth, CancellationToken cancellationToken)
    {
        var line = await ReadLineAsync(cancellationToken);
        switch (line)
        {
            case ['+', .. var text]:
                return new RespValue(RespKind.Text, text);
            case ['-', .. var text]:
                return new RespValue(RespKind.Error, text);
            case [':', .. var text] when long.TryParse(text, out var number):
                return new RespValue(RespKind.Number, Number: number);
            case "$-1" or "*-1":
                return new RespValue(RespKind.Nothing);
            case ['$', .. var text] when int.TryParse(text, out var length) && length is >= 0 and <= MaxTextBytes:
                return new RespValue(RespKind.Text, await ReadTextAsync(length, cancellationToken));
            case ['*', .. var text] when int.TryParse(text, out var count) && count is >= 0 and <= MaxItems && depth < MaxDepth:
                var texts = new List<string>();
                for (var i = 0; i < count; i++)
                {
                    if (await ReadAsync(depth + 1, cancellationToken) is { Kind: RespKind.Text } item)
                    {
                        texts.Add(item.Text);
                    }
                }

                return new RespValue(RespKind.List) { Texts = texts };
            default:
                throw new IOException("the server does not speak the Redis protocol");
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        int length;
        while ((length = _buffer.AsSpan(_start.._end).IndexOf("\r\n"u8)) < 0)
        {
            if (_end - _start > MaxLineBytes)
            {
                throw new IOException("the server does not speak the Redis protocol");
            }

            await FillAsync(_end - _start + 1, cancellationToken);
        }

        var line = Encoding.UTF8.GetString(_buffer.AsSpan(_start, length));
        _start += length + 2;
        return line;
    }

    private async Task<string> ReadTextAsync(int length, CancellationToken cancellationToken)
    {
        await FillAsync(length + 2, cancellationToken);
        var text = Encoding.UTF8.GetString(_buffer.AsSpan(_start, length));
        _start += length + 2;
        return text;
    }

    private async Task FillAsync(int needed, CancellationToken cancellationToken)
    {
        while (_end - _start < needed)
        {
            if (_end == _buffer.Length)
            {
                // As bytes come, not as they are announced. From the front again, and no larger than what is left takes.
                var held = _end - _start;
                var roomy = new byte[Math.Max(InitialBytes, held * 2)];
                _buffer.AsSpan(_start.._end).CopyTo(roomy);
                (_buffer, _start, _end) = (roomy, 0, held);
            }

            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            _end += read > 0 ? read : throw new EndOfStreamException("the server closed the connection");
        }
    }
}
