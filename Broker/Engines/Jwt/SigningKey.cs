using System.Security.Cryptography;
using System.Text.Json.Nodes;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.Jwt;

/// <summary>An ES256 key: it signs, or it only stays published for what it signed before.</summary>
internal sealed class SigningKey : IDisposable
{
    private readonly ECDsa _key;
    private readonly byte[] _canonical;
    private readonly Lock _signing = new();

    private SigningKey(ECDsa key)
    {
        _key = key;
        _canonical = JsonWebKeys.Canonical(key);
        Id = JsonWebKeys.Thumbprint(_canonical);
    }

    /// <summary>The RFC 7638 thumbprint.</summary>
    public string Id { get; }

    /// <exception cref="EngineException">The file cannot be read or made, or holds another kind of key.</exception>
    public static SigningKey LoadOrCreate(string path, out bool created)
    {
        created = KeyFile.EnsureExists(path);
        return new SigningKey(KeyFile.ReadPrivate(path, pem => Import(pem)));
    }

    /// <summary>Of a key that signs no more; its file may hold the public part only.</summary>
    public static SigningKey LoadPrevious(string path) => new(KeyFile.ReadPrivate(path, pem => Import(pem)));

    /// <summary>RFC 7518 §3.4: the two numbers one after the other, 64 bytes.</summary>
    public int Sign(ReadOnlySpan<byte> data, Span<byte> signature)
    {
        // A key object does not promise to be usable from several threads.
        lock (_signing)
        {
            return _key.SignData(
                data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }

    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        lock (_signing)
        {
            return _key.VerifyData(
                data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }

    public JsonNode ToJsonWebKey()
    {
        var jwk = JsonNode.Parse(_canonical)!;
        jwk["kid"] = Id;
        jwk["use"] = "sig";
        jwk["alg"] = "ES256";
        return jwk;
    }

    public void Dispose() => _key.Dispose();

    private static ECDsa Import(char[] pem)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == "1.2.840.10045.3.1.7"
            ? key
            : throw new CryptographicException("not a P-256 key");
    }
}
