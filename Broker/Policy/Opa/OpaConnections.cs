using System.Net.Security;
using SecretsBroker.Configuration;

namespace SecretsBroker.Policy.Opa;

/// <summary>The connections to a policy server: kept open and used again, over TLS, plain TCP or a Unix socket.</summary>
internal static class OpaConnections
{
    // Behind a server that has become slow further questions wait, each no longer than its own time limit.
    private const int MaxConnections = 64;

    public static SocketsHttpHandler Open(OpaAddress address, OpaOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // A proxy that the environment names would come to know what is asked, and could answer.
            UseProxy = false,
            MaxResponseHeadersLength = 16,
            MaxConnectionsPerServer = MaxConnections,
            ConnectTimeout = options.Timeout,
            // Servers move; a name must be looked up again at some time.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        };
        if (address.Socket is { } path)
        {
            handler.ConnectCallback = (_, cancellationToken) => UnixSocket.ConnectAsync(path, cancellationToken);
        }

        if (options.CaFile.Length > 0)
        {
            var trust = AuthorityFile.TryTrust(options.CaFile) ?? throw new ArgumentException("has no valid CA file", nameof(options));
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust };
        }

        return handler;
    }
}
