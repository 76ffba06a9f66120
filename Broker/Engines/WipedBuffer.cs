using System.Buffers;
using System.Security.Cryptography;

namespace SecretsBroker.Engines;

/// <summary>A buffer that leaves nothing behind: it zeroes what it grows out of, and itself when it is disposed.</summary>
internal sealed class WipedBuffer : IBufferWriter<byte>, IDisposable
{
    private const int FirstSize = 1024;
    private byte[] _bytes = new byte[FirstSize];
    private int _written;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _written);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - _written);
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = _written + Math.Max(1, sizeHint);
        if (needed > _bytes.Length)
        {
            var larger = new byte[Math.Max(needed, 2 * _bytes.Length)];
            Written.CopyTo(larger);
            CryptographicOperations.ZeroMemory(_bytes);
            _bytes = larger;
        }

        return _bytes.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);
}
