using System.Security.Cryptography;
using System.Text.Json;

namespace SecretsBroker.Engines.Vault;

/// <summary>The JSON of an answer, read in place: what it was read from is zeroed when it is disposed.</summary>
internal sealed class VaultAnswer : IDisposable
{
    /// <summary>A list of some hundred thousand leases fits.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private const int FirstBytes = 4 * 1024;

    private readonly byte[] _bytes;
    private readonly JsonDocument? _json;

    private VaultAnswer(byte[] bytes, int length)
    {
        _bytes = bytes;
        try
        {
            _json = length == 0 ? null : JsonDocument.Parse(bytes.AsMemory(0, length));
        }
        catch
        {
            CryptographicOperations.ZeroMemory(bytes);
            throw;
        }
    }

    /// <summary>Undefined when there was no content.</summary>
    public JsonElement Root => _json?.RootElement ?? default;

    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="HttpRequestException">It is larger than any answer of Vault's that is asked for.</exception>
    public static async Task<VaultAnswer> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var bytes = new byte[FirstBytes];
        var length = 0;
        try
        {
            while (await stream.ReadAsync(bytes.AsMemory(length), cancellationToken) is > 0 and var read)
            {
                length += read;
                if (length == bytes.Length)
                {
                    bytes = Grown(bytes);
                }
            }
        }
        catch
        {
            CryptographicOperations.ZeroMemory(bytes);
            throw;
        }

        return new VaultAnswer(bytes, length);
    }

    public void Dispose()
    {
        _json?.Dispose();
        CryptographicOperations.ZeroMemory(_bytes);
    }

    private static byte[] Grown(byte[] bytes)
    {
        if (bytes.Length >= MaxBytes)
        {
            throw new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded, "the answer is too large");
        }

        var larger = new byte[2 * bytes.Length];
        bytes.CopyTo(larger, 0);
        CryptographicOperations.ZeroMemory(bytes);
        return larger;
    }
}
