namespace SecretsBroker.Client;

/// <summary>How to reach a broker and how to behave towards it.</summary>
public sealed class SecretsBrokerOptions
{
    /// <summary>The broker's address, for example <c>https://broker:7443</c>. <c>http</c> only for a development broker on loopback.</summary>
    public Uri Address { get; set; } = new("https://localhost:7443");

    /// <summary>Where the token that proves this workload's identity comes from. Required unless there is a certificate.</summary>
    public TokenSource? Token { get; set; }

    /// <summary>
    /// The key that the tokens are bound to: each call then comes with a proof that it is here. Null for bearer tokens. Disposed by
    /// whoever made it, after the client.
    /// </summary>
    public DpopKey? DpopKey { get; set; }

    /// <summary>
    /// PEM file with this workload's X.509-SVID, or with the certificate that its tokens are bound to, its issuers behind it; null for
    /// none. Looked at again every second when calls are made, so that it can be renewed by replacing the files.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM file with the certificate's private key. Required with one.</summary>
    public string? KeyFile { get; set; }

    /// <summary>PEM file with the certificate authorities that the broker's certificate must come from; null for the system's.</summary>
    public string? CertificateAuthorityFile { get; set; }

    /// <summary>The limit of one call, its retries and getting its token included. Default 15 s; 1 ms to 10 min.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a call that is safe to repeat is tried while the broker is unavailable. Default 4; 1 or more.</summary>
    public int MaxAttempts { get; set; } = 4;

    /// <summary>How long a task outlives a broken lifeline; null takes the broker's default. 3 s to 5 min.</summary>
    public TimeSpan? LifelineGrace { get; set; }

    /// <summary>Whether leases are renewed while they are held, as far as grant and policy allow. Default true.</summary>
    public bool RenewLeases { get; set; } = true;

    /// <summary>Whether secrets come sealed, so that no proxy, log or sidecar that only looks on can read them. Default false.</summary>
    public bool SealSecrets { get; set; }

    /// <exception cref="ArgumentException">They cannot be used.</exception>
    internal void Validate()
    {
        Require(Token is not null || CertificateFile is not null, $"{nameof(Token)}: a token source, or a certificate file, is required");
        Require(CertificateFile is null == KeyFile is null, $"{nameof(KeyFile)}: a certificate and its key go together");
        Require(Address.IsAbsoluteUri && Address.Scheme is ("http" or "https"), $"{nameof(Address)}: must be an https address");
        Require(
            Address.Scheme == Uri.UriSchemeHttps || Address.IsLoopback,
            $"{nameof(Address)}: plain http is for loopback only: the token and the secrets would be readable on the way");
        Require(
            CertificateFile is null || Address.Scheme == Uri.UriSchemeHttps,
            $"{nameof(CertificateFile)}: needs an https address; there is no certificate without TLS");
        Require(
            CallTimeout >= TimeSpan.FromMilliseconds(1) && CallTimeout <= TimeSpan.FromMinutes(10),
            $"{nameof(CallTimeout)}: must lie between 1 ms and 10 min");
        Require(MaxAttempts >= 1, $"{nameof(MaxAttempts)}: must be 1 or more");
        Require(
            LifelineGrace is null || (LifelineGrace >= TimeSpan.FromSeconds(3) && LifelineGrace <= TimeSpan.FromMinutes(5)),
            $"{nameof(LifelineGrace)}: must lie between 3 s and 5 min");

        static void Require(bool holds, string rule)
        {
            if (!holds)
            {
                throw new ArgumentException(rule, "options");
            }
        }
    }
}
