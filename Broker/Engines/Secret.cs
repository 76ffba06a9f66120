using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Engines;

/// <summary>Secret bytes that live from the engine to the response, and are zeroed when that is sent.</summary>
internal sealed class Secret : IDisposable
{
    private readonly byte[] _bytes;

    /// <param name="bytes">Taken over, not copied: the caller keeps no reference.</param>
    public Secret(byte[] bytes) => _bytes = bytes;

    public static Secret FromText(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>Random printable text of <paramref name="bits"/> bits of entropy (base64url), as UTF-8.</summary>
    public static Secret Random(int bits = 256)
    {
        var raw = RandomNumberGenerator.GetBytes((bits + 7) / 8);
        var text = Encoding.ASCII.GetBytes(System.Buffers.Text.Base64Url.EncodeToString(raw));
        CryptographicOperations.ZeroMemory(raw);
        return new Secret(text);
    }

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>For what takes no span; zeroed with the rest.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes;

    /// <summary>Only for the call that sends it.</summary>
    public string Reveal() => Encoding.UTF8.GetString(_bytes);

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    public override string ToString() => "***";
}
