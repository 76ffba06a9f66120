using SecretsBroker.Telemetry;

namespace SecretsBroker.Identity;

internal static class AuthenticationFaultExtensions
{
    /// <summary>The coarser cause that metrics count by.</summary>
    public static AuthenticationFailure ToFailure(this AuthenticationFault fault) => fault switch
    {
        AuthenticationFault.CredentialMissing => AuthenticationFailure.Missing,
        AuthenticationFault.CredentialRepeated
            or AuthenticationFault.SchemeRefused
            or AuthenticationFault.TooLong
            or AuthenticationFault.Malformed
            or AuthenticationFault.Encrypted
            or AuthenticationFault.MemberRepeated
            or AuthenticationFault.HeaderRefused
            or AuthenticationFault.TypeRefused
            or AuthenticationFault.TimeMalformed => AuthenticationFailure.Malformed,
        AuthenticationFault.AlgorithmRefused => AuthenticationFailure.Algorithm,
        AuthenticationFault.IssuerUnknown or AuthenticationFault.TrustDomainUnknown => AuthenticationFailure.UnknownIssuer,
        AuthenticationFault.KeyUnknown or AuthenticationFault.KeyNotNamed => AuthenticationFailure.UnknownKey,
        AuthenticationFault.KeysUnavailable => AuthenticationFailure.KeysUnavailable,
        AuthenticationFault.SignatureInvalid => AuthenticationFailure.Signature,
        AuthenticationFault.AudienceMissing or AuthenticationFault.AudienceRefused => AuthenticationFailure.Audience,
        AuthenticationFault.Expired => AuthenticationFailure.Expired,
        AuthenticationFault.NotYetValid or AuthenticationFault.IssuedInTheFuture => AuthenticationFailure.NotYetValid,
        AuthenticationFault.SubjectMissing
            or AuthenticationFault.SubjectNotSpiffeId
            or AuthenticationFault.ExpiryMissing
            or AuthenticationFault.RequiredClaimRefused
            or AuthenticationFault.WorkloadClaimMissing
            or AuthenticationFault.WorkloadClaimRefused
            or AuthenticationFault.WorkloadIdRefused
            or AuthenticationFault.GroupsRefused
            or AuthenticationFault.AttributeRefused
            or AuthenticationFault.InitiatorRefused => AuthenticationFailure.Claims,
        AuthenticationFault.CertificateWithoutId
            or AuthenticationFault.CertificateIdRefused
            or AuthenticationFault.CertificateFormRefused
            or AuthenticationFault.CertificateChainRefused => AuthenticationFailure.Certificate,
        AuthenticationFault.ClientUnknown
            or AuthenticationFault.ClientSecretRefused
            or AuthenticationFault.ResourceServerUnknown => AuthenticationFailure.ResourceServer,
        AuthenticationFault.CredentialsDisagree => AuthenticationFailure.Claims,
        AuthenticationFault.ConfirmationRefused
            or AuthenticationFault.BoundCertificateMissing
            or AuthenticationFault.ProofMissing
            or AuthenticationFault.ProofRepeated
            or AuthenticationFault.ProofOfNoKey
            or AuthenticationFault.ProofMalformed
            or AuthenticationFault.ProofAlgorithmRefused
            or AuthenticationFault.ProofKeyRefused
            or AuthenticationFault.ProofOfAnotherKey
            or AuthenticationFault.ProofForAnotherToken
            or AuthenticationFault.ProofForAnotherCall
            or AuthenticationFault.ProofStale
            or AuthenticationFault.ProofSignatureInvalid => AuthenticationFailure.Possession,
        AuthenticationFault.ProofNonceMissing => AuthenticationFailure.Nonce,
        AuthenticationFault.ProofReplayed => AuthenticationFailure.Replay,
        _ => AuthenticationFailure.Other,
    };
}
