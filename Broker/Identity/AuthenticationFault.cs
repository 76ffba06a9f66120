namespace SecretsBroker.Identity;

/// <summary>
/// Why a caller was not believed. For operators only: whoever sends proofs learns nothing about which check they failed.
/// </summary>
internal enum AuthenticationFault
{
    None = 0,

    // the metadata entry
    CredentialMissing,
    CredentialRepeated,
    SchemeRefused,
    TooLong,

    // the token's form
    Malformed,
    Encrypted,
    MemberRepeated,
    AlgorithmRefused,
    HeaderRefused,
    TypeRefused,

    // whose token it claims to be
    IssuerUnknown,
    TrustDomainUnknown,

    // its claims
    SubjectMissing,
    SubjectNotSpiffeId,
    AudienceMissing,
    AudienceRefused,
    ExpiryMissing,
    TimeMalformed,
    Expired,
    NotYetValid,
    IssuedInTheFuture,

    // its signature
    KeysUnavailable,
    KeyUnknown,
    KeyNotNamed,
    SignatureInvalid,

    // who it stands for
    RequiredClaimRefused,
    WorkloadClaimMissing,
    WorkloadClaimRefused,
    WorkloadIdRefused,
    GroupsRefused,
    AttributeRefused,

    // on whose behalf
    InitiatorRefused,

    // the connection's certificate
    CertificateWithoutId,
    CertificateIdRefused,
    CertificateFormRefused,
    CertificateChainRefused,

    // who is no caller but a resource server
    ClientUnknown,
    ClientSecretRefused,
    ResourceServerUnknown,

    // what is presented together
    CredentialsDisagree,

    // that its sender holds the key that it is bound to
    ConfirmationRefused,
    BoundCertificateMissing,
    ProofMissing,
    ProofRepeated,
    ProofOfNoKey,
    ProofMalformed,
    ProofAlgorithmRefused,
    ProofKeyRefused,
    ProofOfAnotherKey,
    ProofForAnotherToken,
    ProofForAnotherCall,
    ProofStale,
    ProofSignatureInvalid,
    ProofNonceMissing,
    ProofReplayed,
}
