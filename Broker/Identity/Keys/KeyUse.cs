namespace SecretsBroker.Identity.Keys;

/// <summary>What the keys in a JWK Set must be for.</summary>
internal enum KeyUse
{
    /// <summary>OIDC: <c>use</c> is <c>sig</c> or missing.</summary>
    Signature,

    /// <summary>
    /// A SPIFFE trust bundle (SPIFFE Trust Domain and Bundle §4.2.2): <c>use</c> is <c>jwt-svid</c> and there is a <c>kid</c>, or it is
    /// <c>x509-svid</c> and there is a certificate.
    /// </summary>
    Svid,

    /// <summary>A JWT bundle of the SPIFFE Workload API: the same without certificates, and <c>use</c> may be missing.</summary>
    WorkloadApi,
}
