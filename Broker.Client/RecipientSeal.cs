using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using SecretsBroker.V1;

namespace SecretsBroker.Client;

/// <summary>
/// A key pair for one secret: the public half goes with the request, the private half never leaves, and what comes back is opened by it.
/// That does not say who sealed it: whoever can change calls on the way can take the key's place, read the secret, and seal it again.
/// Takes exactly what the broker seals by (RFC 7516; RFC 7518 §4.6, §5.3), so that no header talks it into anything else.
/// </summary>
internal sealed class RecipientSeal : IDisposable
{
    private const string Encryption = "A256GCM";
    // A newer broker may say more about a secret.
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));
    private static readonly byte[] FirstRound = [0, 0, 0, 1];

    private readonly ECDiffieHellman _key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public RecipientSeal()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        PublicKey = $$"""{"kty":"EC","crv":"P-256","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}""";
    }

    /// <summary>JSON Web Key.</summary>
    public string PublicKey { get; }

    /// <param name="secret">As it came.</param>
    /// <param name="leaseId">Whose it has to be.</param>
    /// <exception cref="SecretsBrokerException">It is not sealed, not for this key, or not of this lease.</exception>
    public Secret Open(Secret secret, string leaseId)
    {
        try
        {
            var parts = secret.Sealed.Split('.');
            if (parts is not [var header, "", var nonce, var ciphertext, var tag])
            {
                throw new FormatException();
            }

            var key = AgreeOn(header, Encoding.UTF8.GetBytes(leaseId));
            var plaintext = Decrypt(key, header, nonce, ciphertext, tag);
            using var reader = new StreamReader(new MemoryStream(plaintext), Encoding.UTF8);
            try
            {
                var opened = Parser.Parse<Secret>(reader);
                return opened.CredentialCase is Secret.CredentialOneofCase.None or Secret.CredentialOneofCase.Sealed
                    ? throw new FormatException()
                    : opened;
            }
            finally
            {
                CryptographicOperations.ZeroMemory(plaintext);
            }
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or KeyNotFoundException
            or CryptographicException or InvalidProtocolBufferException)
        {
            throw new SecretsBrokerException(
                "the secret did not come sealed for this lease, and was given back; look at what stands between this client and the broker", "NOT_SEALED", innerException: e);
        }
    }

    public void Dispose() => _key.Dispose();

    private byte[] AgreeOn(string header, byte[] lease)
    {
        using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(header));
        var members = document.RootElement;
        var epk = members.GetProperty("epk");
        if (Text(members, "alg") != "ECDH-ES"
            || Text(members, "enc") != Encryption
            || Text(members, "apv") != Base64Url.EncodeToString(lease)
            || members.TryGetProperty("apu", out _)
            || members.TryGetProperty("zip", out _)
            || members.TryGetProperty("crit", out _)
            || Text(epk, "kty") != "EC"
            || Text(epk, "crv") != "P-256")
        {
            throw new FormatException();
        }

        var point = new ECPoint { X = Base64Url.DecodeFromChars(Text(epk, "x")), Y = Base64Url.DecodeFromChars(Text(epk, "y")) };
        using var other = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point });
        using var otherPublic = other.PublicKey;
        return _key.DeriveKeyFromHash(otherPublic, HashAlgorithmName.SHA256, FirstRound, OtherInfo(lease));
    }

    // The algorithm, the producer (nobody) and the recipient's words, each after its length, and the key's bits.
    private static byte[] OtherInfo(byte[] lease)
    {
        var info = new byte[(4 * sizeof(int)) + Encryption.Length + lease.Length];
        var rest = info.AsSpan();
        BinaryPrimitives.WriteInt32BigEndian(rest, Encryption.Length);
        Encoding.ASCII.GetBytes(Encryption, rest[4..]);
        rest = rest[(4 + Encryption.Length + 4)..];
        BinaryPrimitives.WriteInt32BigEndian(rest, lease.Length);
        lease.CopyTo(rest[4..]);
        BinaryPrimitives.WriteInt32BigEndian(rest[(4 + lease.Length)..], 256);
        return info;
    }

    private static byte[] Decrypt(byte[] key, string header, string nonce, string ciphertext, string tag)
    {
        var sealedBytes = Base64Url.DecodeFromChars(ciphertext);
        var plaintext = new byte[sealedBytes.Length];
        try
        {
            using var cipher = new AesGcm(key, AesGcm.TagByteSizes.MaxSize);
            cipher.Decrypt(
                FixedLength(nonce, AesGcm.NonceByteSizes.MaxSize),
                sealedBytes,
                FixedLength(tag, AesGcm.TagByteSizes.MaxSize),
                plaintext,
                Encoding.ASCII.GetBytes(header));
            return plaintext;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static byte[] FixedLength(string text, int length) =>
        Base64Url.DecodeFromChars(text) is { } bytes && bytes.Length == length ? bytes : throw new FormatException();

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString() ?? throw new FormatException();
}
