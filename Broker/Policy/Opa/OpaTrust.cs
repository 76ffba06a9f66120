using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Policy.Opa;

/// <summary>The authorities that a policy server's certificate may come from, in place of the system's.</summary>
internal static class OpaTrust
{
    /// <returns>Null when the file holds no certificate that can be read.</returns>
    public static X509Certificate2Collection? TryLoad(string path)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return null;
        }

        return authorities.Count > 0 ? authorities : null;
    }

    public static X509ChainPolicy PolicyOf(X509Certificate2Collection authorities)
    {
        // Private authorities rarely publish lists; who takes their key back replaces the file.
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
