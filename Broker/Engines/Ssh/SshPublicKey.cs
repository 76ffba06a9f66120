using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.Ssh;

/// <summary>A public key, read from OpenSSH's text form and written anew, so that nothing of the caller's encoding is carried over.</summary>
/// <param name="Type">As SSH names it: <c>ssh-ed25519</c>.</param>
/// <param name="Fields">What follows the type in a key's blob (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4).</param>
internal sealed record SshPublicKey(string Type, ReadOnlyMemory<byte> Fields)
{
    public const string Rule = "must be one line as in a .pub file, with an ssh-ed25519 key, an ecdsa-sha2-nistp256 or " +
        "ecdsa-sha2-nistp384 key, or an ssh-rsa key of 2048 to 4096 bits with an exponent of at least 65537";

    private const int MaxCharacters = 8 * 1024;
    private const int Ed25519Bytes = 32;

    public byte[] Blob => new SshWriter().String(Type).Raw(Fields.Span).ToArray();

    /// <summary>Names it as an authority.</summary>
    public string Id => Convert.ToHexStringLower(SHA256.HashData(Blob).AsSpan(0, 16));

    /// <summary>As in a <c>.pub</c> file, without a comment.</summary>
    public string Line => $"{Type} {Convert.ToBase64String(Blob)}";

    /// <param name="text">What the caller sent.</param>
    /// <param name="field">Named in the message.</param>
    /// <exception cref="CredentialInputException">It is not accepted.</exception>
    public static SshPublicKey Parse(string text, string field)
    {
        var parts = text.Length <= MaxCharacters ? text.TrimEnd('\r', '\n').Split(' ', 3) : [];
        try
        {
            if (parts.Length >= 2 && !text.TrimEnd('\r', '\n').Any(char.IsControl))
            {
                return Read(parts[0], Convert.FromBase64String(parts[1]), field);
            }
        }
        catch (Exception e) when (e is FormatException or CryptographicException or ArgumentException or CredentialInputException)
        {
            // A point that is not on its curve, a length that runs past the end, or a key that is too weak.
        }

        throw new CredentialInputException($"{field}: {Rule}");
    }

    public static SshPublicKey Of(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var curve = $"nistp{key.KeySize}";
        return new SshPublicKey(
            $"ecdsa-sha2-{curve}", new SshWriter().String(curve).String([4, .. point.X!, .. point.Y!]).ToArray());
    }

    /// <param name="point">Of an Ed25519 key, 32 bytes.</param>
    public static SshPublicKey OfEd25519(ReadOnlySpan<byte> point) => point.Length == Ed25519Bytes
        ? new SshPublicKey("ssh-ed25519", new SshWriter().String(point).ToArray())
        : throw new FormatException("an Ed25519 key has 32 bytes");

    private static SshPublicKey Read(string type, ReadOnlySpan<byte> blob, string field)
    {
        if (Encoding.ASCII.GetString(Next(ref blob)) != type)
        {
            throw new FormatException("the key is of another type than its line says");
        }

        var key = type switch
        {
            "ssh-ed25519" => OfEd25519(Next(ref blob)),
            "ecdsa-sha2-nistp256" => EllipticCurve(ECCurve.NamedCurves.nistP256, 32, "nistp256", Next(ref blob), Next(ref blob), field),
            "ecdsa-sha2-nistp384" => EllipticCurve(ECCurve.NamedCurves.nistP384, 48, "nistp384", Next(ref blob), Next(ref blob), field),
            "ssh-rsa" => Rsa(Next(ref blob), Next(ref blob), field),
            _ => throw new FormatException("the key is of no type that is accepted"),
        };
        return blob.IsEmpty ? key : throw new FormatException("something follows the key");
    }

    private static SshPublicKey EllipticCurve(
        ECCurve curve, int size, string name, ReadOnlySpan<byte> stated, ReadOnlySpan<byte> point, string field)
    {
        if (Encoding.ASCII.GetString(stated) != name || point.Length != 1 + (2 * size) || point[0] != 4)
        {
            throw new FormatException("the point is not one of the curve, uncompressed");
        }

        using var key = ECDsa.Create(new ECParameters
        {
            Curve = curve,
            Q = new ECPoint { X = point.Slice(1, size).ToArray(), Y = point[(1 + size)..].ToArray() },
        });
        AcceptedKey.Require(key, field);
        return Of(key);
    }

    private static SshPublicKey Rsa(ReadOnlySpan<byte> exponent, ReadOnlySpan<byte> modulus, string field)
    {
        exponent = exponent.TrimStart((byte)0);
        modulus = modulus.TrimStart((byte)0);
        // The platform's import takes it for granted that neither is empty.
        if (exponent.IsEmpty || modulus.IsEmpty)
        {
            throw new FormatException("a number is missing");
        }

        using var key = RSA.Create(new RSAParameters { Exponent = exponent.ToArray(), Modulus = modulus.ToArray() });
        AcceptedKey.Require(key, field);
        return new SshPublicKey("ssh-rsa", new SshWriter().Mpint(exponent).Mpint(modulus).ToArray());
    }

    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> blob)
    {
        if (blob.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32BigEndian(blob) is var length && length > blob.Length - sizeof(uint))
        {
            throw new FormatException("the key is cut off");
        }

        var value = blob.Slice(sizeof(uint), (int)length);
        blob = blob[(sizeof(uint) + (int)length)..];
        return value;
    }
}
