using System.Security.Cryptography;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.Ssh;

/// <summary>The key that signs. ECDSA and not Ed25519, because the platform's cryptography has no Ed25519 signatures.</summary>
internal sealed class SshCertificateAuthority : IDisposable
{
    private readonly ECDsa _key;
    private readonly Lock _signing = new();

    private SshCertificateAuthority(ECDsa key)
    {
        _key = key;
        PublicKey = SshPublicKey.Of(key);
    }

    public SshPublicKey PublicKey { get; }

    /// <exception cref="EngineException">The file cannot be read or made, or does not hold a key of an accepted kind.</exception>
    public static SshCertificateAuthority LoadOrCreate(SshSettings settings, out bool created)
    {
        created = KeyFile.EnsureExists(settings.KeyFile);
        return new SshCertificateAuthority(KeyFile.ReadPrivate(settings.KeyFile, pem => Import(pem, settings.KeyFile)));
    }

    /// <summary>Of one that signs no more; its file may hold the public part only.</summary>
    public static SshPublicKey LoadPrevious(string path)
    {
        using var key = KeyFile.ReadPrivate(path, pem => Import(pem, path));
        return SshPublicKey.Of(key);
    }

    /// <summary>A signature as SSH writes it (RFC 5656 §3.1.2).</summary>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        var hash = _key.KeySize == 384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
        byte[] signature;
        // One at a time: a key object does not promise to be usable from several threads.
        lock (_signing)
        {
            signature = _key.SignData(data, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }

        var half = signature.Length / 2;
        var numbers = new SshWriter().Mpint(signature.AsSpan(..half)).Mpint(signature.AsSpan(half..));
        return new SshWriter().String(PublicKey.Type).String(numbers.Written).ToArray();
    }

    public void Dispose() => _key.Dispose();

    private static ECDsa Import(char[] pem, string file)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            AcceptedKey.Require(key, "key_file");
            return key;
        }
        catch (CredentialInputException)
        {
            key.Dispose();
            throw new EngineException($"key file {file} must hold an EC key on P-256 or P-384", isTransient: false);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }
}
