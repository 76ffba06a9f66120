using System.Text.Json;
using SecretsBroker.Identity.Keys;
using SecretsBroker.Identity.WorkloadApi;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Identity.Tokens;

/// <summary>
/// Whom one configuration trusts, and the tokens remembered under it. A new configuration is a new set: nothing that was
/// believed under the old one is taken over.
/// </summary>
internal sealed class AuthoritySet : IDisposable
{
    private readonly Dictionary<string, OidcAuthority> _issuers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SvidAuthority> _trustDomains = new(StringComparer.Ordinal);
    private readonly Dictionary<string, InitiatorAuthority> _initiators = new(StringComparer.Ordinal);

    public AuthoritySet(
        IdentityOptions options,
        DiscoveryClient client,
        BundleSequences sequences,
        WorkloadApiBundles bundles,
        BrokerMetrics metrics,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        Remembered = new TokenCache(options.RememberedTokens);
        foreach (var issuer in options.Issuers)
        {
            _issuers.Add(
                issuer.Issuer,
                new OidcAuthority(new ClaimMapping(issuer), Audiences(issuer.Audiences), KeysOf(issuer.Issuer, issuer.KeyFile)));
        }

        foreach (var issuer in options.Initiators)
        {
            _initiators.Add(
                issuer.Issuer,
                new InitiatorAuthority(issuer, Audiences(issuer.Audiences), KeysOf(issuer.Issuer, issuer.KeyFile)));
        }

        foreach (var domain in options.TrustDomains)
        {
            KeySource keys = domain.WorkloadApi
                ? new WorkloadApiKeySource(domain.Name, bundles, options.KeyLifetime, time)
                : domain.BundleEndpoint.Url.Length > 0
                ? new BundleEndpointSource(domain, options, sequences, metrics, time, loggers.CreateLogger<BundleEndpointSource>())
                : KeyFile(domain.Name, domain.BundleFile, KeyUse.Svid);
            _trustDomains.Add(domain.Name, new SvidAuthority(domain.Name, Audiences(domain.Audiences), keys));
        }

        KeySource KeysOf(string issuer, string keyFile) => keyFile.Length > 0
            ? KeyFile(issuer, keyFile, KeyUse.Signature)
            : new DiscoveredKeySource(issuer, options, client, metrics, time, loggers.CreateLogger<DiscoveredKeySource>());

        KeyFileSource KeyFile(string name, string path, KeyUse use) => new(
            name, path, use, options.FileCheckInterval, sequences, metrics, time, loggers.CreateLogger<KeyFileSource>());

        HashSet<string> Audiences(IList<string> own) => new(own.Count > 0 ? own : options.Audiences, StringComparer.Ordinal);
    }

    public TokenCache Remembered { get; }

    private IEnumerable<TokenAuthority> All => [.. _issuers.Values, .. _trustDomains.Values, .. _initiators.Values];

    /// <summary>
    /// Whose token it claims to be. The claim is not believed: it only chooses the one authority whose keys are tried. An
    /// <c>iss</c> that is not configured does not make a JWT-SVID a stranger, since SPIRE writes one into each.
    /// </summary>
    public AuthenticationFault? TryChoose(JsonElement payload, out WorkloadAuthority? authority)
    {
        authority = null;
        if (payload.TryGetProperty("iss", out var value)
            && value.ValueKind == JsonValueKind.String
            && _issuers.TryGetValue(value.GetString()!, out var issuer))
        {
            authority = issuer;
            return null;
        }

        if (!payload.TryGetProperty("sub", out var subject) || subject.ValueKind != JsonValueKind.String)
            return AuthenticationFault.SubjectMissing;
        var text = subject.GetString()!;
        if (!text.StartsWith("spiffe:", StringComparison.OrdinalIgnoreCase))
            return AuthenticationFault.IssuerUnknown;
        if (!WorkloadId.TryParse(text, out var id))
            return AuthenticationFault.SubjectNotSpiffeId;
        if (!_trustDomains.TryGetValue(id.TrustDomain, out var domain))
            return AuthenticationFault.TrustDomainUnknown;
        authority = domain;
        return null;
    }

    /// <summary>Whose token it claims to be, where it is to show on whose behalf a task is done. Among these only: no other is asked.</summary>
    public AuthenticationFault? TryChooseInitiator(JsonElement payload, out InitiatorAuthority? authority)
    {
        authority = null;
        return payload.TryGetProperty("iss", out var value)
            && value.ValueKind == JsonValueKind.String
            && _initiators.TryGetValue(value.GetString()!, out authority)
                ? null
                : AuthenticationFault.IssuerUnknown;
    }

    /// <summary>Whether a text is of the form that <see cref="VerifiedInitiator.Text"/> has for one of the issuers.</summary>
    public bool LooksVerified(string initiator)
    {
        var end = initiator.IndexOf(VerifiedInitiator.Separator, StringComparison.Ordinal);
        return end > 0 && _initiators.ContainsKey(initiator[..end]);
    }

    /// <returns>Null when it is none of the configured ones.</returns>
    public SvidAuthority? FindTrustDomain(string name) => _trustDomains.GetValueOrDefault(name);

    /// <summary>Looks at every source whose turn it is, so that the first caller does not wait for it.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        foreach (var authority in All)
            await authority.Keys.FreshAsync(cancellationToken);
    }

    public void Dispose()
    {
        foreach (var authority in All)
            authority.Keys.Dispose();
    }
}
