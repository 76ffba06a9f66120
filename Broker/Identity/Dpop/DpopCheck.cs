using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Identity.Tokens;

namespace SecretsBroker.Identity.Dpop;

/// <summary>
/// Whether a call comes with a proof that its sender holds the key that its token is bound to (RFC 9449 §4.3): made for this call, with
/// this token, by that key, now, and not used before.
/// </summary>
internal sealed class DpopCheck(IReplayStore replays, ProofNonces nonces, IOptionsMonitor<IdentityOptions> options, TimeProvider time)
{
    // gRPC knows no other.
    private const string Method = "POST";

    /// <param name="call">With the proof.</param>
    /// <param name="token">The token, which is valid.</param>
    /// <param name="keyThumbprint">Of the key that it is bound to.</param>
    /// <param name="use">The proof where there is no fault: it counts only once <see cref="TryUseAsync"/> took it.</param>
    /// <exception cref="BrokerException">Nonces cannot be checked.</exception>
    public AuthenticationFault? Check(CallerCredentials call, string token, string keyThumbprint, out SingleUse? use)
    {
        use = null;
        if (call.Proof is null)
            return AuthenticationFault.ProofMissing;
        if (DpopProof.TryRead(call.Proof, out var proof) is { } malformed)
            return malformed;
        using (proof)
        {
            var dpop = options.CurrentValue.Dpop;
            if (CheckClaims(proof!, call, token, keyThumbprint, dpop) is { } fault)
                return fault;
            if (!proof!.IsSigned())
                return AuthenticationFault.ProofSignatureInvalid;
            if (dpop.RequireNonce && !nonces.IsGood(proof.Nonce, dpop))
                return AuthenticationFault.ProofNonceMissing;
            var until = Issued(proof) + dpop.ProofLifetime + (2 * TokenTimes.Leeway);
            use = new SingleUse(ReplayKey.OfProof(keyThumbprint, proof.Id), until);
            return null;
        }
    }

    /// <summary>
    /// Whether the proof was not used before. Asked last: whoever cannot sign, or calls too often, must not make the store remember
    /// anything.
    /// </summary>
    /// <exception cref="BrokerException">It is not known.</exception>
    public ValueTask<bool> TryUseAsync(SingleUse proof, CancellationToken cancellationToken) =>
        replays.TryUseAsync(proof.Key, proof.EndTime, cancellationToken);

    /// <summary>For who was told <see cref="AuthenticationFault.ProofNonceMissing"/>.</summary>
    public string MakeNonce() => nonces.Make(options.CurrentValue.Dpop);

    private AuthenticationFault? CheckClaims(
        DpopProof proof, CallerCredentials call, string token, string keyThumbprint, DpopOptions dpop)
    {
        if (proof.Key.Thumbprint != keyThumbprint)
            return AuthenticationFault.ProofOfAnotherKey;
        if (proof.TokenHash != HashOf(token))
            return AuthenticationFault.ProofForAnotherToken;
        if (proof.Method != Method || !IsFor(proof.Url, call, dpop))
            return AuthenticationFault.ProofForAnotherCall;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        return proof.Issued > now + TokenTimes.Leeway.TotalSeconds || !(proof.Issued > now - dpop.ProofLifetime.TotalSeconds)
            ? AuthenticationFault.ProofStale
            : null;
    }

    // Query and fragment are not compared (§4.3); scheme, host, port and path are, as RFC 3986 §6.2.2 and §6.2.3 compare them.
    private static bool IsFor(string url, CallerCredentials call, DpopOptions dpop)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.UserInfo.Length > 0 || address.AbsolutePath != call.Path)
            return false;
        return dpop.Origins.Count > 0 ? dpop.Origins.Any(Is) : Is(call.Origin);

        bool Is(string origin) =>
            Uri.TryCreate(origin, UriKind.Absolute, out var known) && known.Scheme == address.Scheme && known.Authority == address.Authority;
    }

    private static DateTimeOffset Issued(DpopProof proof) => DateTimeOffset.UnixEpoch.AddSeconds(Math.Ceiling(proof.Issued));

    private static string HashOf(string token) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token)));
}
