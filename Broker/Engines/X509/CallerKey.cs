using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.X509;

/// <summary>The public key that a caller wants certified, out of a certificate request or as it is.</summary>
internal static class CallerKey
{
    private const int MaxBytes = 16 * 1024;

    /// <exception cref="CredentialInputException">There is no usable key in it.</exception>
    public static PublicKey Read(CredentialInput input)
    {
        if (input is not CredentialInput.X509 x509 || x509.CertificateRequest.IsEmpty == x509.PublicKey.IsEmpty)
        {
            throw new CredentialInputException("certificate_request or public_key: exactly one must be given");
        }

        return x509.PublicKey.IsEmpty
            ? FromRequest(x509.CertificateRequest)
            : FromPublicKey(x509.PublicKey);
    }

    private static PublicKey FromRequest(ReadOnlyMemory<byte> der)
    {
        const string Field = "certificate_request";
        const string Rule = $"{Field}: must be one PKCS#10 request in DER, signed with its own key, of at most 16 KiB";
        CertificateRequest request;
        try
        {
            // Checks the request's own signature, which proves that the caller holds the key, and loads no extension that it asks for.
            request = CertificateRequest.LoadSigningRequest(
                Limited(der, Rule), HashAlgorithmName.SHA256, out var read, CertificateRequestLoadOptions.Default);
            if (read != der.Length)
            {
                throw new CredentialInputException(Rule);
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            throw new CredentialInputException(Rule);
        }

        return AcceptedKey.Require(request.PublicKey, Field);
    }

    private static PublicKey FromPublicKey(ReadOnlyMemory<byte> der)
    {
        const string Field = "public_key";
        const string Rule = $"{Field}: must be one SubjectPublicKeyInfo in DER, of at most 16 KiB";
        PublicKey key;
        try
        {
            key = PublicKey.CreateFromSubjectPublicKeyInfo(Limited(der, Rule), out var read);
            if (read != der.Length)
            {
                throw new CredentialInputException(Rule);
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            throw new CredentialInputException(Rule);
        }

        return AcceptedKey.Require(key, Field);
    }

    private static ReadOnlySpan<byte> Limited(ReadOnlyMemory<byte> der, string rule) =>
        der.Length <= MaxBytes ? der.Span : throw new CredentialInputException(rule);
}
