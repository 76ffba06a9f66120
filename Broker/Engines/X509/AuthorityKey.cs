using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.X509;

/// <summary>The private key of a certificate authority.</summary>
internal sealed class AuthorityKey : IDisposable
{
    private readonly AsymmetricAlgorithm _key;

    public AuthorityKey(AsymmetricAlgorithm key)
    {
        _key = key;
        Generator = key is RSA rsa
            ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1)
            : X509SignatureGenerator.CreateForECDsa((ECDsa)key);
        HashAlgorithm = key is ECDsa { KeySize: 384 } ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
    }

    /// <summary>Signs. Not from several threads at once: a key object does not promise to be usable so.</summary>
    public X509SignatureGenerator Generator { get; }

    public PublicKey PublicKey => Generator.PublicKey;

    public HashAlgorithmName HashAlgorithm { get; }

    /// <exception cref="EngineException">It cannot be read, others may read it, or it is of no accepted kind.</exception>
    public static AuthorityKey Read(string path) => new(KeyFile.ReadPrivate(path, Import));

    public bool IsOf(X509Certificate2 certificate) =>
        certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(PublicKey.ExportSubjectPublicKeyInfo());

    public void Dispose() => _key.Dispose();

    private static AsymmetricAlgorithm Import(char[] pem)
    {
        try
        {
            var ec = ECDsa.Create();
            ec.ImportFromPem(pem);
            return Accepted(ec);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            return Accepted(rsa);
        }
    }

    private static AsymmetricAlgorithm Accepted(AsymmetricAlgorithm key)
    {
        try
        {
            _ = key is RSA rsa ? AcceptedKey.Require(rsa, "key_file") : AcceptedKey.Require((ECDsa)key, "key_file");
            return key;
        }
        catch (CredentialInputException e)
        {
            throw new EngineException(e.Message, isTransient: false);
        }
    }
}
