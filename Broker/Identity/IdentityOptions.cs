using SecretsBroker.Identity.WorkloadApi;

namespace SecretsBroker.Identity;

/// <summary>Whom the broker believes. Bound from the section <c>Identity</c>.</summary>
internal sealed class IdentityOptions
{
    public const string Section = "Identity";

    /// <summary>
    /// The broker's own names: a token must have one of them in <c>aud</c>, compared exactly. An issuer or trust domain may have
    /// its own instead. Default: none; there must be one for every issuer and trust domain.
    /// </summary>
    public IList<string> Audiences { get; } = [];

    /// <summary>OIDC issuers whose tokens are mapped to workloads.</summary>
    public IList<IssuerOptions> Issuers { get; } = [];

    /// <summary>SPIFFE trust domains whose JWT-SVIDs and X.509-SVIDs are accepted.</summary>
    public IList<TrustDomainOptions> TrustDomains { get; } = [];

    /// <summary>The SPIFFE agent of this machine, for the listener's certificate and for bundles.</summary>
    public WorkloadApiOptions WorkloadApi { get; set; } = new();

    /// <summary>Issuers whose tokens show on whose behalf a task is done. Default: none, and initiators are merely stated.</summary>
    public IList<InitiatorIssuerOptions> Initiators { get; } = [];

    /// <summary>Allows discovery over plain http from loopback addresses. Default: false.</summary>
    public bool AllowHttpOnLoopback { get; set; }

    /// <summary>
    /// Believes the development trust domain, whose key lies in a file. Set by the development broker only. Default: false.
    /// </summary>
    public bool Development { get; set; }

    /// <summary>How long one request to an issuer or a bundle endpoint may take. Default 5 s, 100 ms to 1 min.</summary>
    public TimeSpan DiscoveryTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often an issuer's keys are fetched again. Default 10 min, 10 s to 1 day.</summary>
    public TimeSpan KeyRefreshInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The least time between two fetches because a token named an unknown key, so that invented key ids do not become requests
    /// to the issuer. Default 30 s, 1 s to 1 h.
    /// </summary>
    public TimeSpan UnknownKeyInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long the keys of an issuer, an endpoint or the agent are believed when it cannot be reached. Default 12 h, at least <see cref="KeyRefreshInterval"/>,
    /// at most 7 days.
    /// </summary>
    public TimeSpan KeyLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>
    /// The longest time until a change of a bundle or key file is seen. Default 1 s, 0 (looked at on every call) to 1 h.
    /// </summary>
    public TimeSpan FileCheckInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many validated tokens are remembered. Default 10,000; 0 (none) to 1,000,000.</summary>
    public int RememberedTokens { get; set; } = 10_000;

    /// <summary>Proofs that a caller holds the key that its token is bound to.</summary>
    public DpopOptions Dpop { get; set; } = new();
}
