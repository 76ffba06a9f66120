using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.CommandLine.Remote;

/// <summary>Which certificate a broker must show.</summary>
internal static class ServerTrust
{
    /// <summary>One of an authority, for the name that was asked for.</summary>
    /// <param name="authority">PEM file with the authority's certificate.</param>
    /// <exception cref="RemoteException">It cannot be read, or holds no certificate.</exception>
    public static SslClientAuthenticationOptions In(FileInfo authority)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(authority.FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new RemoteException($"the authority file '{authority.FullName}' cannot be read", e);
        }

        return policy.CustomTrustStore.Count > 0
            ? new SslClientAuthenticationOptions { CertificateChainPolicy = policy }
            : throw new RemoteException($"there is no certificate in '{authority.FullName}'");
    }
}
