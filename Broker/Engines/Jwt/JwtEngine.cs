using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Jwt;

/// <summary>
/// Signs access tokens. A token cannot be taken back; it is refused by resource servers that look at the list of revoked ones, which
/// every broker publishes from the same deny list.
/// </summary>
internal sealed partial class JwtEngine : ISigningEngine
{
    private readonly string _target;
    private readonly JwtSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger<JwtEngine> _logger;
    private readonly DenyListing _denyList;
    private readonly OwnKey<SigningKeys> _keys;

    public JwtEngine(string target, JwtSettings settings, IDenyList denyList, TimeProvider time, ILogger<JwtEngine> logger)
    {
        (_target, _settings, _time, _logger) = (target, settings, time, logger);
        _denyList = new DenyListing(target, denyList, time);
        _keys = new OwnKey<SigningKeys>(target, [settings.KeyFile], LoadKeys, time);
    }

    public Revocability Revocability => Revocability.DenyList;

    public string LostSigner =>
        "jwks.json does not have that key, so that resource servers refuse their tokens, or take them until they read it again; introspection calls them "
        + "inactive, and /revoke ends none. Revoking them lists them as ever. Put the key under previous_keys, or let agents ask for new tokens";

    /// <summary>Where the target's tokens say that they come from.</summary>
    public string Issuer => _settings.Issuer;

    /// <summary>Who may ask about the target's tokens.</summary>
    public IReadOnlyList<ResourceServer> ResourceServers => _settings.ResourceServers;

    public ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var grant = JwtGrantSettings.Read(request.Grant, new CatalogFaults());
        var binding = KeyBinding.Read(request.Input, grant.Bearer);
        var (key, now) = (_keys.Value.Current, _time.GetUtcNow());
        if (request.ExpireTime <= now)
        {
            throw new EngineException($"the lease ended before target {_target} could sign", isTransient: true);
        }

        return ValueTask.FromResult<Credential>(new AccessTokenCredential
        {
            Handle = DenyListing.HandleOf(request.ExpireTime, key.Id),
            Token = new Secret(AccessToken.Write(request, _settings, binding, key, now)),
            // RFC 8705 keeps the Bearer scheme for certificate-bound tokens; RFC 9449 does not.
            TokenType = binding.Method == KeyBinding.Key ? "DPoP" : "Bearer",
            Audience = _settings.Audience,
        });
    }

    /// <summary>A token's end is signed: the caller has to ask for a new one.</summary>
    public ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(false);
    }

    public ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken) => _denyList.AddAsync(lease, cancellationToken);

    public async ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        if (await _denyList.FindAsync(lease, cancellationToken) is { } entry)
        {
            return new Verification(true, $"jti listed as revoked until {entry.Until:O}");
        }

        return _denyList.HasEnded(lease)
            ? new Verification(true, "token ended by itself, and its time on the list is over")
            : new Verification(false, "jti not listed as revoked");
    }

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = _keys.Value;
        await _denyList.ReadVersionAsync(cancellationToken);
    }

    public void Prepare() => _keys.Prepare(_logger);

    /// <inheritdoc cref="OwnKey{T}.RequireMade"/>
    public void RequirePublished() => _keys.RequireMade();

    public IReadOnlyCollection<string> ReadSigners()
    {
        var now = _time.GetUtcNow();
        try
        {
            _keys.RequireMade();
            return [.. _keys.Value.AcceptedAt(now).Select(key => key.Id)];
        }
        catch (EngineException)
        {
            // There is none to sign with yet, or one of them cannot be read.
            return SigningKeys.ReadIds(_settings, now);
        }
    }

    /// <summary>The keys that tokens may still be signed with (RFC 7517 §5).</summary>
    public JsonObject ReadKeySet() =>
        new() { ["keys"] = new JsonArray([.. _keys.Value.AcceptedAt(_time.GetUtcNow()).Select(key => key.ToJsonWebKey())]) };

    /// <summary>Null for what is not a token of this target. Whether one is still good says its lease, and <see cref="IsListedAsync"/>.</summary>
    public IssuedToken? ReadToken(string text) => IssuedToken.TryRead(text, _settings, _keys.Value.AcceptedAt(_time.GetUtcNow()));

    /// <summary>Whether a lease's token is on the list of revoked ones at this moment.</summary>
    /// <exception cref="EngineException">The list cannot be asked.</exception>
    public async ValueTask<bool> IsListedAsync(Lease lease, CancellationToken cancellationToken) =>
        await _denyList.FindAsync(lease, cancellationToken) is not null;

    /// <summary>RFC 8414; null when the issuer is not where the broker's own publications are.</summary>
    public JsonObject? ReadMetadata()
    {
        if (_settings.BaseUrl is not { } url || _settings.Issuer != JwtSettings.PublishedIssuer(url, _target))
        {
            return null;
        }

        var metadata = new JsonObject
        {
            ["issuer"] = _settings.Issuer,
            ["jwks_uri"] = $"{_settings.Issuer}/jwks.json",
            ["response_types_supported"] = new JsonArray(),
            ["grant_types_supported"] = new JsonArray(),
            ["tls_client_certificate_bound_access_tokens"] = true,
            ["authorization_details_types_supported"] = new JsonArray(IntentClaims.AuthorizationType),
            ["revoked_tokens_uri"] = $"{_settings.Issuer}/revoked.json",
        };
        if (_settings.ResourceServers.Count > 0)
        {
            metadata["introspection_endpoint"] = $"{_settings.Issuer}/introspect";
            metadata["introspection_endpoint_auth_methods_supported"] = new JsonArray("client_secret_basic");
            metadata["revocation_endpoint"] = $"{_settings.Issuer}/revoke";
            metadata["revocation_endpoint_auth_methods_supported"] = new JsonArray("client_secret_basic");
        }

        return metadata;
    }

    public ValueTask DisposeAsync()
    {
        _keys.Dispose();
        return ValueTask.CompletedTask;
    }

    private SigningKeys LoadKeys()
    {
        var keys = SigningKeys.LoadOrCreate(_settings, _time.GetUtcNow(), out var created);
        if (created)
        {
            LogKeyMade(_logger, _target, _settings.KeyFile, keys.Current.Id);
        }

        return keys;
    }

    [LoggerMessage(LogLevel.Information, "Made a signing key for target {Target}: {KeyFile}, kid {KeyId}")]
    private static partial void LogKeyMade(ILogger logger, string target, string keyFile, string keyId);
}
