using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Client;

namespace SecretsBroker.Samples.Quickstart.Agents;

/// <summary>One intent, two kinds of credential: a client certificate for a key made here, and a token that only its holder can use.</summary>
internal sealed class InvoicesAccess(BrokerLease certificateLease, BrokerLease tokenLease, X509Certificate2 certificate) : IAsyncDisposable
{
    public const string Action = "read";
    public const string Tool = "reports";

    public BrokerLease CertificateLease { get; } = certificateLease;

    public BrokerLease TokenLease { get; } = tokenLease;

    public X509Certificate2 Certificate { get; } = certificate;

    public string Token => TokenLease.Secret.AccessToken.Token;

    /// <param name="task">What it is for.</param>
    /// <param name="tokenLife">Null for the grant's default.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<InvoicesAccess> AcquireAsync(
        BrokerTask task, TimeSpan? tokenLife = null, CancellationToken cancellationToken = default)
    {
        // The private key never leaves this process.
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var certificateLease = await task.AcquireAsync(
            Action,
            TargetService.InvoicesApi.Resource,
            new LeaseOptions { Tool = Tool, Credential = CredentialRequests.Certificate(key) },
            cancellationToken);
        var certificate = CredentialRequests.ToCertificate(certificateLease.Secret.Certificate, key);
        var tokenLease = await task.AcquireAsync(
            Action,
            TargetService.InvoicesApi.Resource,
            new LeaseOptions { Tool = Tool, Credential = CredentialRequests.AccessToken(certificate), TimeToLive = tokenLife },
            cancellationToken);
        return new InvoicesAccess(certificateLease, tokenLease, certificate);
    }

    public async ValueTask DisposeAsync()
    {
        Certificate.Dispose();
        await TokenLease.DisposeAsync();
        await CertificateLease.DisposeAsync();
    }
}
