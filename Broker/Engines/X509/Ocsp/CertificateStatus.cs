namespace SecretsBroker.Engines.X509.Ocsp;

/// <summary>Numbered as the tags of <c>CertStatus</c> are (RFC 6960 §4.2.1).</summary>
internal enum CertificateState
{
    Good = 0,
    Revoked = 1,
    Unknown = 2,
}

/// <param name="State">What is known.</param>
/// <param name="Moment">When it was revoked; until when it is good at most; without meaning for what is unknown.</param>
internal readonly record struct CertificateStatus(CertificateState State, DateTimeOffset Moment)
{
    public static readonly CertificateStatus Unknown = new(CertificateState.Unknown, default);

    public static CertificateStatus Good(DateTimeOffset until) => new(CertificateState.Good, until);

    public static CertificateStatus Revoked(DateTimeOffset since) => new(CertificateState.Revoked, since);
}
