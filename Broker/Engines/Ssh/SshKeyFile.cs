using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Utilities;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.Ssh;

/// <summary>The file of an authority's private key: as the broker makes it, and as an operator has it from <c>openssl</c> or <c>ssh-keygen</c>.</summary>
internal static class SshKeyFile
{
    private const string OpenSshLabel = "OPENSSH PRIVATE KEY";
    private const string Pkcs8Label = "PRIVATE KEY";
    private const string PublicLabel = "PUBLIC KEY";
    private const int Ed25519Bytes = 32;

    /// <summary>What comes before an Ed25519 key's bytes (RFC 8410 §7), without the public key that the library would add and OpenSSL does not read.</summary>
    private static ReadOnlySpan<byte> Ed25519Pkcs8 => [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, Ed25519Bytes];

    /// <returns>Whether this call made it.</returns>
    /// <exception cref="EngineException">It can be neither looked for nor made.</exception>
    public static bool EnsureExists(string path, SshKeyType type) => KeyFile.EnsureExists(path, () => type switch
    {
        SshKeyType.Ed25519 => NewEd25519(),
        SshKeyType.EcdsaP384 => NewEcdsa(ECCurve.NamedCurves.nistP384),
        _ => NewEcdsa(ECCurve.NamedCurves.nistP256),
    });

    /// <exception cref="EngineException">It cannot be read, others may read it, or it does not hold a private key of an accepted kind.</exception>
    public static ISshSigner Read(string path) => KeyFile.ReadPrivate(path, pem => Import(pem) ?? throw Refuse(path));

    /// <summary>The public key of a file that may hold no more than that.</summary>
    /// <exception cref="EngineException">It cannot be read, others may read it, or it does not hold a key of an accepted kind.</exception>
    public static SshPublicKey ReadPublic(string path) => KeyFile.ReadPrivate(path, pem => ImportPublic(pem) ?? throw Refuse(path));

    private static byte[] NewEcdsa(ECCurve curve)
    {
        using var key = ECDsa.Create(curve);
        return key.ExportPkcs8PrivateKey();
    }

    private static byte[] NewEd25519()
    {
        byte[] pkcs8 = [.. Ed25519Pkcs8, .. new byte[Ed25519Bytes]];
        RandomNumberGenerator.Fill(pkcs8.AsSpan(^Ed25519Bytes..));
        return pkcs8;
    }

    /// <returns>Null when the key is of a kind that is not accepted.</returns>
    private static ISshSigner? Import(char[] pem)
    {
        var found = PemEncoding.Find(pem);
        var label = pem.AsSpan(found.Label);
        var isOpenSsh = label is OpenSshLabel;
        if (!isOpenSsh && label is not Pkcs8Label)
        {
            return label is PublicLabel ? null : ImportEcdsa(key => key.ImportFromPem(pem));
        }

        var bytes = Decode(pem, found);
        var pkcs8 = bytes;
        try
        {
            pkcs8 = isOpenSsh
                ? Parse(() => PrivateKeyInfoFactory.CreatePrivateKeyInfo(OpenSshPrivateKeyUtilities.ParsePrivateKeyBlob(bytes)).GetDerEncoded())
                : bytes;
            return Parse(() => PrivateKeyFactory.CreateKey(pkcs8)) switch
            {
                Ed25519PrivateKeyParameters ed25519 => new Ed25519Signer(ed25519),
                ECPrivateKeyParameters => ImportEcdsa(key => key.ImportPkcs8PrivateKey(pkcs8, out _)),
                _ => null,
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    /// <inheritdoc cref="Import"/>
    private static SshPublicKey? ImportPublic(char[] pem)
    {
        var found = PemEncoding.Find(pem);
        if (pem.AsSpan(found.Label) is PublicLabel && Parse(() => PublicKeyFactory.CreateKey(Decode(pem, found))) is Ed25519PublicKeyParameters ed25519)
        {
            return SshPublicKey.OfEd25519(ed25519.GetEncoded());
        }

        using var signer = pem.AsSpan(found.Label) is PublicLabel ? ImportEcdsa(key => key.ImportFromPem(pem)) : Import(pem);
        return signer?.PublicKey;
    }

    private static byte[] Decode(char[] pem, PemFields found)
    {
        var bytes = new byte[found.DecodedDataLength];
        Convert.TryFromBase64Chars(pem.AsSpan(found.Base64Data), bytes, out _);
        return bytes;
    }

    private static EcdsaSigner? ImportEcdsa(Action<ECDsa> import)
    {
        var key = ECDsa.Create();
        try
        {
            import(key);
            AcceptedKey.Require(key, "key_file");
            return new EcdsaSigner(key);
        }
        catch (CredentialInputException)
        {
            key.Dispose();
            return null;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static T Parse<T>(Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The library has no one exception for what it cannot read.
            throw new CryptographicException("not a key that can be read", e);
        }
    }

    private static EngineException Refuse(string path) =>
        new($"key file {path} must hold an Ed25519 key, or an EC key on P-256 or P-384", isTransient: false);
}
