using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.Jwt;

/// <summary>What a token is bound to, so that a stolen one is of no use: the <c>cnf</c> claim (RFC 7800).</summary>
/// <param name="Method"><c>x5t#S256</c> (RFC 8705), <c>jkt</c> (RFC 9449), or empty for a token that anybody may use.</param>
/// <param name="Thumbprint">SHA-256, base64url.</param>
internal readonly record struct KeyBinding(string Method, string Thumbprint)
{
    public const string Certificate = "x5t#S256";
    public const string Key = "jkt";
    private const int MaxCertificateBytes = 16 * 1024;

    public bool IsBound => Method.Length > 0;

    /// <exception cref="CredentialInputException">There is nothing usable to bind to, and the grant does not allow to do without.</exception>
    public static KeyBinding Read(CredentialInput input, bool bearerAllowed)
    {
        var (certificate, key) = input switch
        {
            CredentialInput.Jwt jwt => (jwt.Certificate, jwt.JsonWebKey),
            CredentialInput.None => (ReadOnlyMemory<byte>.Empty, ""),
            _ => throw new CredentialInputException("certificate, json_web_key: meant for another engine"),
        };
        return (certificate.IsEmpty, key.Length == 0) switch
        {
            (false, true) => new KeyBinding(Certificate, ThumbprintOf(certificate)),
            (true, false) => new KeyBinding(Key, JsonWebKeys.ReadThumbprint(key, "json_web_key")),
            (true, true) when bearerAllowed => new KeyBinding("", ""),
            (true, true) => throw new CredentialInputException(
                "certificate, json_web_key: one must be given, because the grant allows no token that is bound to no key"),
            _ => throw new CredentialInputException("certificate, json_web_key: only one may be given"),
        };
    }

    private static string ThumbprintOf(ReadOnlyMemory<byte> der)
    {
        try
        {
            if (der.Length <= MaxCertificateBytes)
            {
                using var certificate = X509CertificateLoader.LoadCertificate(der.Span);
                if (certificate.RawDataMemory.Span.SequenceEqual(der.Span))
                {
                    return Base64Url.EncodeToString(SHA256.HashData(der.Span));
                }
            }
        }
        catch (CryptographicException)
        {
            // Answered below, like everything else that is not one certificate.
        }

        throw new CredentialInputException("certificate: must be one X.509 certificate in DER, of at most 16 KiB");
    }
}
