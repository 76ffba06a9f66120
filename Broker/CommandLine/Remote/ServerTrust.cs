using System.Net.Security;
using SecretsBroker.Configuration;

namespace SecretsBroker.CommandLine.Remote;

/// <summary>Which certificate a broker must show.</summary>
internal static class ServerTrust
{
    /// <summary>One of an authority, for the name that was asked for.</summary>
    /// <param name="authority">PEM file with the authority's certificate.</param>
    /// <exception cref="RemoteException">It cannot be read, or holds no certificate.</exception>
    public static SslClientAuthenticationOptions In(FileInfo authority) => AuthorityFile.TryTrust(authority.FullName) is { } trust
        ? new SslClientAuthenticationOptions { CertificateChainPolicy = trust }
        : throw new RemoteException($"the authority file '{authority.FullName}' cannot be read, or there is no certificate in it");
}
