using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Configuration;

/// <summary>A PEM file with the authorities that a server's certificate may come from, in place of the system's.</summary>
internal static class AuthorityFile
{
    /// <returns>What a connection checks by; null when the file cannot be read or holds no certificate.</returns>
    public static X509ChainPolicy? TryTrust(string path)
    {
        // Private authorities rarely publish lists; who takes their key back replaces the file.
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return null;
        }

        return policy.CustomTrustStore.Count > 0 ? policy : null;
    }
}
