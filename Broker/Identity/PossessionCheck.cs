using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SecretsBroker.Identity.Certificates;
using SecretsBroker.Identity.Dpop;
using SecretsBroker.Identity.Tokens;

namespace SecretsBroker.Identity;

/// <summary>
/// Whether whoever sends a token may: the holder of the key that it is bound to, or anybody where it is bound to none. Asked with every
/// call, also where the token is remembered.
/// </summary>
internal sealed class PossessionCheck(DpopCheck dpop)
{
    /// <param name="call">With the proof.</param>
    /// <param name="token">What is sent.</param>
    /// <param name="confirmation">What it is bound to; null when to nothing.</param>
    /// <param name="proof">The proof, which has yet to be used up; null when none was needed.</param>
    public AuthenticationFault? Check(CallerCredentials call, PresentedToken token, Confirmation? confirmation, out SingleUse? proof)
    {
        proof = null;
        if (confirmation?.CertificateThumbprint is { } thumbprint && !IsShown(call.Certificate, thumbprint))
            return AuthenticationFault.BoundCertificateMissing;
        // A proof beside a token that is bound to no key proves nothing: a thief would make one with a key of their own.
        if (confirmation?.KeyThumbprint is not { } key)
            return token.IsDpop || call.Proof is not null ? AuthenticationFault.ProofOfNoKey : null;
        // RFC 9449 §7.2: a bound token is no bearer token, whatever comes beside it.
        return token.IsDpop ? dpop.Check(call, token.Text, key, out proof) : AuthenticationFault.ProofMissing;
    }

    /// <summary>What is shown once <see cref="Check"/> found no fault.</summary>
    public static Possession Of(Confirmation? confirmation) =>
        confirmation is null ? Possession.None
        : confirmation.KeyThumbprint is null ? Possession.Certificate
        : Possession.Dpop;

    // RFC 8705 §3: that of the connection, be it an identity or not. Nothing else of it is looked at here: its key is what the handshake
    // proved, and until when that counts, the token says.
    private static bool IsShown(PresentedCertificate? certificate, string thumbprint) =>
        certificate is not null
        && CryptographicOperations.FixedTimeEquals(
            MemoryMarshal.AsBytes(certificate.Thumbprint.AsSpan()), MemoryMarshal.AsBytes(thumbprint.AsSpan()));
}
