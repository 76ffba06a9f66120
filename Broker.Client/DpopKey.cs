using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SecretsBroker.Client;

/// <summary>
/// The private key that this workload's tokens are bound to (DPoP, RFC 9449): P-256, held by this process. Whoever reads a bound token
/// without having the key can do nothing with it.
/// </summary>
public sealed class DpopKey : IDisposable
{
    private const int IdBytes = 16;

    private readonly ECDsa _key;
    private readonly byte[] _header;

    private DpopKey(ECDsa key)
    {
        _key = key;
        var canonical = Encoding.ASCII.GetBytes(ToJsonWebKey());
        Thumbprint = Base64Url.EncodeToString(SHA256.HashData(canonical));
        _header = Encoding.ASCII.GetBytes(
            Base64Url.EncodeToString(Encoding.ASCII.GetBytes($$"""{"typ":"dpop+jwt","alg":"ES256","jwk":{{ToJsonWebKey()}}}""")));
    }

    /// <summary>What a token for this key has in <c>cnf.jkt</c> (RFC 7638).</summary>
    public string Thumbprint { get; }

    /// <summary>A new key, which ends with this process.</summary>
    public static DpopKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>The key of a PEM file, as the agent of the issuer may have put it there.</summary>
    /// <exception cref="ArgumentException">The file holds no P-256 key.</exception>
    public static DpopKey FromPemFile(string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            if (key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value)
            {
                return new DpopKey(key);
            }
        }
        catch (CryptographicException)
        {
            // Answered below, like everything else that is not such a key.
        }

        key.Dispose();
        throw new ArgumentException($"the file {path} holds no private P-256 key", nameof(path));
    }

    /// <summary>The public key, for an issuer that binds tokens to it.</summary>
    public string ToJsonWebKey()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        return $$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}""";
    }

    /// <summary>
    /// A proof for one request, the value of its <c>DPoP</c> header. The client makes those for the broker itself; this is for asking an
    /// issuer for tokens.
    /// </summary>
    /// <param name="method">Of the request.</param>
    /// <param name="url">The request's; query and fragment are left out.</param>
    /// <param name="now">By this machine's clock.</param>
    /// <param name="token">The token that it is sent with; null when there is none yet.</param>
    /// <param name="nonce">What the server asked to be repeated; null when it did not.</param>
    public string MakeProof(HttpMethod method, Uri url, DateTimeOffset now, string? token = null, string? nonce = null)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(url);
        var payload = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(payload))
        {
            json.WriteStartObject();
            json.WriteString("jti"u8, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes)));
            json.WriteString("htm"u8, method.Method);
            json.WriteString("htu"u8, url.GetLeftPart(UriPartial.Path));
            json.WriteNumber("iat"u8, now.ToUnixTimeSeconds());
            if (token is not null)
            {
                json.WriteString("ath"u8, Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token))));
            }

            if (nonce is not null)
            {
                json.WriteString("nonce"u8, nonce);
            }

            json.WriteEndObject();
        }

        byte[] signed = [.. _header, (byte)'.', .. Encoding.ASCII.GetBytes(Base64Url.EncodeToString(payload.WrittenSpan))];
        return $"{Encoding.ASCII.GetString(signed)}.{Base64Url.EncodeToString(_key.SignData(signed, HashAlgorithmName.SHA256))}";
    }

    public void Dispose() => _key.Dispose();
}
