namespace SecretsBroker.Identity;

/// <summary>One OIDC issuer and what its claims mean here.</summary>
internal sealed class IssuerOptions
{
    /// <summary>
    /// The issuer's URL, exactly as in its tokens' <c>iss</c>. Its keys are found by OpenID Connect Discovery unless
    /// <see cref="KeyFile"/> is set.
    /// </summary>
    public string Issuer { get; set => field = value ?? ""; } = "";

    /// <summary>Instead of <see cref="IdentityOptions.Audiences"/>. Default: those.</summary>
    public IList<string> Audiences { get; } = [];

    /// <summary>A JWK Set file (RFC 7517) with the issuer's keys, in place of discovery; re-read on change. Default: none.</summary>
    public string KeyFile { get; set => field = value ?? ""; } = "";

    /// <summary>
    /// The workload that a token stands for: a SPIFFE ID whose path may hold claims in braces, one at most in a segment, such as
    /// <c>spiffe://example.org/ns/{kubernetes.io.namespace}/sa/{kubernetes.io.serviceaccount.name}</c>. A dot leads into an
    /// object. A claim's value must fit into a path segment; it cannot bring a slash of its own.
    /// </summary>
    public string Workload { get; set => field = value ?? ""; } = "";

    /// <summary>Claims that must have exactly these values. Default: none.</summary>
    public IList<RequiredClaimOptions> RequiredClaims { get; } = [];

    /// <summary>The claim that lists the caller's groups. Default: none.</summary>
    public string GroupsClaim { get; set => field = value ?? ""; } = "";

    /// <summary>
    /// Put before every group's name, so that two issuers' groups of one name stay apart. Default: empty.
    /// </summary>
    public string GroupPrefix { get; set => field = value ?? ""; } = "";

    /// <summary>Claims that policy may use as attributes of the workload. Default: none.</summary>
    public IList<AttributeClaimOptions> Attributes { get; } = [];
}

/// <summary>A claim with the value it must have; numbers and booleans as JSON writes them.</summary>
internal sealed class RequiredClaimOptions
{
    public string Claim { get; set => field = value ?? ""; } = "";

    public string Value { get; set => field = value ?? ""; } = "";
}

/// <summary>An attribute of the workload (a letter, then letters, digits and underscores) and the claim it comes from.</summary>
internal sealed class AttributeClaimOptions
{
    public string Name { get; set => field = value ?? ""; } = "";

    public string Claim { get; set => field = value ?? ""; } = "";
}
