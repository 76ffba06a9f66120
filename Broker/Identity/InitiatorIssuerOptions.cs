namespace SecretsBroker.Identity;

/// <summary>
/// One issuer of tokens that show on whose behalf a task is done. Nobody can call with them: who calls is the business of
/// <see cref="IdentityOptions.Issuers"/>.
/// </summary>
internal sealed class InitiatorIssuerOptions
{
    /// <summary>
    /// The issuer's URL, exactly as in its tokens' <c>iss</c>, at most 255 characters. Its keys are found by OpenID Connect Discovery
    /// unless <see cref="KeyFile"/> is set.
    /// </summary>
    public string Issuer { get; set => field = value ?? ""; } = "";

    /// <summary>
    /// Instead of <see cref="IdentityOptions.Audiences"/>: of an ID token, the client that asked for it. Default: those.
    /// </summary>
    public IList<string> Audiences { get; } = [];

    /// <summary>A JWK Set file (RFC 7517) with the issuer's keys, in place of discovery; re-read on change. Default: none.</summary>
    public string KeyFile { get; set => field = value ?? ""; } = "";

    /// <summary>Claims that must have exactly these values. Default: none.</summary>
    public IList<RequiredClaimOptions> RequiredClaims { get; } = [];

    /// <summary>The claim that people know them by, such as <c>email</c>; for policy and the record. Default: none.</summary>
    public string NameClaim { get; set => field = value ?? ""; } = "";

    /// <summary>The claim that lists their groups. Default: none.</summary>
    public string GroupsClaim { get; set => field = value ?? ""; } = "";

    /// <summary>Put before every group's name. Default: empty.</summary>
    public string GroupPrefix { get; set => field = value ?? ""; } = "";
}
