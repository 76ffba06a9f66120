using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace SecretsBroker.Tests.Identity;

/// <summary>A key that signs tokens in tests. Written on plain cryptography, so that it can sign what no library would.</summary>
internal sealed class TestKey
{
    private readonly RSA? _rsa;
    private readonly ECDsa? _elliptic;
    private readonly string? _curve;

    private TestKey(string algorithm, string keyId, RSA? rsa, ECDsa? elliptic, string? curve)
    {
        Algorithm = algorithm;
        KeyId = keyId;
        _rsa = rsa;
        _elliptic = elliptic;
        _curve = curve;
    }

    public string Algorithm { get; }

    public string KeyId { get; }

    public static TestKey Create(string algorithm, string keyId, int rsaBits = 2048) => algorithm switch
    {
        "ES256" => new TestKey(algorithm, keyId, null, ECDsa.Create(ECCurve.NamedCurves.nistP256), "P-256"),
        "ES384" => new TestKey(algorithm, keyId, null, ECDsa.Create(ECCurve.NamedCurves.nistP384), "P-384"),
        "ES512" => new TestKey(algorithm, keyId, null, ECDsa.Create(ECCurve.NamedCurves.nistP521), "P-521"),
        _ => new TestKey(algorithm, keyId, RSA.Create(rsaBits), null, null),
    };

    /// <summary>The same key under another name or for another algorithm.</summary>
    public TestKey As(string? keyId = null, string? algorithm = null) =>
        new(algorithm ?? Algorithm, keyId ?? KeyId, _rsa, _elliptic, _curve);

    public byte[] Sign(byte[] data, DSASignatureFormat format = DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
    {
        var hash = Algorithm[2..] switch
        {
            "384" => HashAlgorithmName.SHA384,
            "512" => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };
        return _elliptic?.SignData(data, hash, format)
            ?? _rsa!.SignData(data, hash, Algorithm.StartsWith('P') ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
    }

    /// <summary>RFC 7638, written on its own words.</summary>
    public string Thumbprint
    {
        get
        {
            var jwk = ToJwk(null);
            string[] members = _elliptic is not null ? ["crv", "kty", "x", "y"] : ["e", "kty", "n"];
            var canonical = $"{{{string.Join(',', members.Select(name => $"\"{name}\":\"{jwk[name]}\""))}}}";
            return Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(canonical)));
        }
    }

    /// <summary>The private number of an elliptic key, as nobody should send it.</summary>
    public string PrivateNumber => Base64Url.EncodeToString(_elliptic!.ExportParameters(includePrivateParameters: true).D);

    public byte[] ExportPublicKey() => _elliptic?.ExportSubjectPublicKeyInfo() ?? _rsa!.ExportSubjectPublicKeyInfo();

    public JsonObject ToJwk(string? use)
    {
        var jwk = new JsonObject { ["kid"] = KeyId };
        if (use is not null)
            jwk["use"] = use;
        if (_elliptic is not null)
        {
            var point = _elliptic.ExportParameters(includePrivateParameters: false).Q;
            jwk["kty"] = "EC";
            jwk["crv"] = _curve;
            jwk["x"] = Base64Url.EncodeToString(point.X);
            jwk["y"] = Base64Url.EncodeToString(point.Y);
        }
        else
        {
            var parameters = _rsa!.ExportParameters(includePrivateParameters: false);
            jwk["kty"] = "RSA";
            jwk["n"] = Base64Url.EncodeToString(parameters.Modulus);
            jwk["e"] = Base64Url.EncodeToString(parameters.Exponent);
        }

        return jwk;
    }
}
