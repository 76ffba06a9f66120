using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Api;
using SecretsBroker.Engines.Jwt;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Certificates;
using SecretsBroker.Identity.Dpop;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Introspection;

/// <summary>
/// Which of a target's resource servers makes a request: by client id and secret, or as a workload, by whatever a caller may show. Whoever is
/// not believed is told so in one way; the cause goes to the log, the metric and the audit log.
/// </summary>
internal sealed class ResourceServerAuthenticator(
    CallerAuthenticator callers, DpopCheck dpop, CallLimiter limiter, AuthenticationFailureLog failures, BrokerMetrics metrics)
{
    /// <summary>Of an answer: with it the same request is to be made again (RFC 9449 §8).</summary>
    public const string NonceHeader = "DPoP-Nonce";

    private const int MinSecretBytes = 32;

    /// <returns>Null when it is none of them.</returns>
    /// <exception cref="TooManyCallsException">It is one, and has to wait.</exception>
    public async ValueTask<ResourceServer?> AuthenticateAsync(
        HttpContext http, IReadOnlyList<ResourceServer> servers, string sourceAddress, CancellationToken cancellationToken)
    {
        var (server, fault, authority) = await FindAsync(http, servers, cancellationToken);
        if (server is null)
        {
            metrics.AuthenticationFailed(fault.ToFailure());
            failures.Refused(http.Request.Path, AuthenticationResult.Failed(fault, authority), sourceAddress);
            if (fault == AuthenticationFault.ProofNonceMissing)
            {
                http.Response.Headers[NonceHeader] = dpop.MakeNonce();
            }
        }

        return server;
    }

    private async ValueTask<(ResourceServer? Server, AuthenticationFault Fault, string Authority)> FindAsync(
        HttpContext http, IReadOnlyList<ResourceServer> servers, CancellationToken cancellationToken)
    {
        var (tokens, proofs) = (http.Request.Headers.Authorization, http.Request.Headers["DPoP"]);
        if (tokens.Count > 1)
        {
            return (null, AuthenticationFault.CredentialRepeated, "");
        }

        if (proofs.Count > 1)
        {
            return (null, AuthenticationFault.ProofRepeated, "");
        }

        if (BasicCredentials.IsMeant(tokens))
        {
            return FindBySecret(tokens.ToString(), servers);
        }

        var call = new CallerCredentials(tokens) { Certificate = http.Features.Get<PresentedCertificate>() };
        if (proofs.Count == 1)
        {
            call = call with { Proof = proofs, Origin = $"{http.Request.Scheme}://{http.Request.Host}", Path = http.Request.Path };
        }

        var result = await callers.AuthenticateAsync(call, cancellationToken);
        if (!result.Succeeded)
        {
            return (null, result.Fault, result.Authority);
        }

        // Before the store remembers the proof: who is none of them must not make it.
        if (servers.FirstOrDefault(server => server.Workload == result.Workload.Id) is not { } known)
        {
            return (null, AuthenticationFault.ResourceServerUnknown, result.Authority);
        }

        if (!limiter.TryTake(result.Workload.Id))
        {
            throw new TooManyCallsException();
        }

        return result.Proof is not { } proof || await dpop.TryUseAsync(proof, cancellationToken)
            ? (known, AuthenticationFault.None, result.Authority)
            : (null, AuthenticationFault.ProofReplayed, result.Authority);
    }

    private static (ResourceServer? Server, AuthenticationFault Fault, string Authority) FindBySecret(
        string authorization, IReadOnlyList<ResourceServer> servers)
    {
        if (BasicCredentials.TryRead(authorization) is not { } shown)
        {
            return (null, AuthenticationFault.Malformed, "");
        }

        var server = servers.FirstOrDefault(server => server.ClientSecret is not null && server.ClientId == shown.ClientId);
        return server is null
            ? (null, AuthenticationFault.ClientUnknown, "")
            : (IsSecretOf(server, shown.ClientSecret) ? server : null, AuthenticationFault.ClientSecretRefused, "");
    }

    private static bool IsSecretOf(ResourceServer server, string shown)
    {
        if (server.ClientSecret!.TryRead() is not { } expected)
        {
            return false;
        }

        // Hashes are of one length, so that the time tells nothing of the secret's.
        var isIt = expected.Length >= MinSecretBytes
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(expected), SHA256.HashData(Encoding.UTF8.GetBytes(shown)));
        CryptographicOperations.ZeroMemory(expected);
        return isIt;
    }
}
