using SecretsBroker.Catalog;

namespace SecretsBroker.Identity;

/// <summary>Proofs that a caller holds the key that its token is bound to (DPoP, RFC 9449).</summary>
internal sealed class DpopOptions
{
    /// <summary>
    /// Under which addresses callers reach the broker, scheme and authority: a proof must be made for one of them. Default: none, and
    /// a proof must be made for the address that its call names: the sender chooses that, so that a proof made for another endpoint can be
    /// passed on, and it is not known where a proxy ends TLS.
    /// </summary>
    public IList<string> Origins { get; } = [];

    /// <summary>How old a proof may be, by its <c>iat</c>; it can be used once in that time. Default 1 min, 5 s to 5 min.</summary>
    public TimeSpan ProofLifetime { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Whether a proof must hold a nonce from this broker, so that none can be made in advance. A caller without one is told one, and
    /// calls again. Default: false.
    /// </summary>
    public bool RequireNonce { get; set; }

    /// <summary>How long a nonce is good. Default 5 min, 10 s to 1 h.</summary>
    public TimeSpan NonceLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// What nonces are made with, at least 32 bytes: the same at all brokers between which a caller's calls are spread. Default: made
    /// at the start, known to this broker only.
    /// </summary>
    public SecretReference? NonceKey { get; set; }
}
