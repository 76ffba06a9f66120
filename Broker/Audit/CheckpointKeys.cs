using System.Security.Cryptography;

namespace SecretsBroker.Audit;

/// <summary>The public keys that checkpoints are checked with, by id. A broker whose private key was replaced keeps the older ones here.</summary>
internal sealed class CheckpointKeys : IDisposable
{
    private readonly Dictionary<string, ECDsa> _keys = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Ids => _keys.Keys;

    /// <summary>All public keys of a PEM file; none when there is no file.</summary>
    /// <exception cref="CryptographicException">It holds something else.</exception>
    public static CheckpointKeys Load(string path)
    {
        var keys = new CheckpointKeys();
        var rest = File.Exists(path) ? File.ReadAllText(path).AsSpan() : [];
        while (PemEncoding.TryFind(rest, out var fields))
        {
            keys.Add(rest[fields.Location].ToString());
            rest = rest[fields.Location.End..];
        }

        return keys;
    }

    public bool Verify(Checkpoint checkpoint)
    {
        var signature = new byte[64];
        return _keys.TryGetValue(checkpoint.Signature.KeyId, out var key)
            && Convert.TryFromBase64String(checkpoint.Signature.Value, signature, out var length)
            // Base64 has several spellings of the same bytes; only the one that was written counts.
            && Convert.ToBase64String(signature.AsSpan(0, length)) == checkpoint.Signature.Value
            && key.VerifyData(checkpoint.Statement(), signature.AsSpan(0, length), HashAlgorithmName.SHA256);
    }

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }

    public static string IdOf(ECDsa key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()))[..16];

    private void Add(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
        }
        catch (ArgumentException exception)
        {
            key.Dispose();
            throw new CryptographicException("not a public key", exception);
        }

        if (!_keys.TryAdd(IdOf(key), key))
        {
            key.Dispose();
        }
    }
}
