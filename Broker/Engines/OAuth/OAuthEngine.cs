using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.Encryption;
using SecretsBroker.Engines.Http;
using SecretsBroker.Engines.Jwt;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Engines.OAuth;

/// <summary>
/// Takes tokens from somebody else's authorization server and has them revoked there. A token has no name of the broker's choice: it is found
/// again by what is kept of it, sealed, in its lease. One whose answer was lost, with the process or on the way, ends by its own time.
/// </summary>
internal sealed partial class OAuthEngine : ICredentialEngine
{
    /// <summary>How long after its request a server may still make a token that nobody waits for.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(1);

    private readonly Target _target;
    private readonly OAuthTargetSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger<OAuthEngine> _logger;
    private readonly KeyRing? _keys;
    private readonly OAuthAssertions _assertions;
    private readonly ServerConnection _connection;
    private readonly EndpointDirectory _endpoints;
    private readonly AuthorizationServer _server;
    private readonly ApiCalls _calls;
    private readonly TokenMemory _memory;
    private readonly TokenSealing _sealing;
    private readonly TokenPlaces _places;
    private readonly TokenEnding _ending;
    private readonly OwnKey<SigningKey>? _key;

    public OAuthEngine(Target target, OAuthTargetSettings settings, BrokerMetrics metrics, TimeProvider time, ILogger<OAuthEngine> logger)
    {
        (_target, _settings, _time, _logger) = (target, settings, time, logger);
        _keys = settings.EncryptionKey is { } key ? new KeyRing(target.Name, key, settings.OlderKeys, time, logger) : null;
        _key = settings.KeyFile.Length > 0 ? new OwnKey<SigningKey>(target.Name, [settings.KeyFile], LoadKey, time) : null;
        _assertions = new OAuthAssertions(settings, () => _key!.Value, time);
        _connection = new ServerConnection(target.Name, settings, target.Timeout, time, logger);
        // Half of the time, because the call itself comes after it.
        _endpoints = new EndpointDirectory(target.Name, settings, _connection, target.Timeout / 2, metrics, time, logger);
        _server = new AuthorizationServer(settings, _assertions, _connection);
        _calls = new ApiCalls(target, OAuthFailure.All, time);
        _memory = new TokenMemory(settings.MaxTokenLife + target.Timeout + Late, time);
        _sealing = new TokenSealing(target.Name, _keys);
        _places = new TokenPlaces(settings, _endpoints);
        _ending = new TokenEnding(_server, _sealing, _places, _memory, _calls);
    }

    public Revocability Revocability => _settings.CanRevoke ? Revocability.Destroy : Revocability.ExpireOnly;

    public async ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        if (request.Input is not (CredentialInput.OAuth or CredentialInput.None))
        {
            throw new CredentialInputException("a token of another authorization server takes no input of this kind");
        }

        var faults = new CatalogFaults();
        var grant = OAuthGrantSettings.Read(request.Grant, faults);
        if (faults.Any)
        {
            throw new EngineException($"target {_target.Name}: the settings of grant {request.Grant.Name} are not valid", isTransient: false);
        }

        var (answer, endpoints) = await AskAsync(request, grant, cancellationToken);
        try
        {
            var end = _time.GetUtcNow() + (answer.Life ?? Grant.LongestTimeToLive);
            var handle = _settings.CanRevoke
                ? await _sealing.SealAsync(request.LeaseId, answer.Token, _places.OriginAt(endpoints), end)
                : TokenHandle.Of(end, value: null);
            // Before it is judged: what is not handed out is revoked by it.
            _memory.Given(request.LeaseId, handle);
            handle = await WatchedAsync(request.LeaseId, answer.Token, endpoints, handle, cancellationToken);
            if (TokenRules.FindFault(answer, grant, _settings.MaxTokenLife) is { } fault)
            {
                throw new EngineException($"target {_target.Name}: {fault}", isTransient: false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            return new AccessTokenCredential
            {
                Handle = handle.ToString(),
                Token = answer.Token,
                TokenType = "Bearer",
                Audience = string.Join(' ', grant.Audiences.Concat(grant.Resources)),
                ExpireTime = end,
            };
        }
        catch
        {
            answer.Token.Dispose();
            throw;
        }
    }

    /// <summary>A token's end is the server's: the caller has to ask for a new one.</summary>
    public ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(false);
    }

    public async ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // All, also when one fails, and at once, so that none waits for another that is not answered.
        await Task.WhenAll(TokensOf(lease).Tokens
            .Where(token => token.Sealed is not null && !token.HasEnded(_time.GetUtcNow()))
            .Select(token => _ending.RevokeAsync(lease.Id, token, cancellationToken)));
    }

    public async ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // A server that shows the lease's token is asked each time.
        if (NotedOf(lease) is not { WasActive: true } && _memory.ProofOf(lease.Id) is { } proof)
        {
            return new Verification(true, proof);
        }

        var verification = await LookAsync(lease, cancellationToken);
        if (verification.Gone && _settings.CanRevoke)
        {
            _memory.Proven(lease.Id, verification.Evidence);
        }

        return verification;
    }

    private async Task<Verification> LookAsync(Lease lease, CancellationToken cancellationToken)
    {
        var (tokens, areAll) = TokensOf(lease);
        var now = _time.GetUtcNow();
        if (tokens.Count == 0 && areAll)
        {
            return new Verification(true, "the server gave no token");
        }

        var latest = LatestEndOf(lease);
        if (!_settings.CanRevoke)
        {
            var end = tokens.Count > 0 ? tokens.Max(token => token.EndTime) : latest;
            return new Verification(true, $"expire-only: the token, if there is one, is good until {end:O} at the latest");
        }

        if (!areAll && now < latest)
        {
            return new Verification(false, $"whether there is a token is not known; it would end by {latest:O}");
        }

        var evidence = new List<string>();
        foreach (var token in tokens)
        {
            var (gone, seen) = await _ending.LookAsync(lease.Id, token, now, cancellationToken);
            if (!gone)
            {
                return new Verification(false, seen);
            }

            evidence.Add(seen);
        }

        return new Verification(true, evidence.Count > 0 ? string.Join("; ", evidence.Distinct()) : "whatever token there was has ended by itself");
    }

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = _key?.Value;
        if (_keys is not null)
        {
            await _keys.ReadCurrentIdAsync(cancellationToken);
        }

        await _calls.RunAsync("checking", async limit => await _server.CheckAsync(await _endpoints.ReadAsync(limit), limit), cancellationToken);
    }

    public void Prepare() => _key?.Prepare(_logger);

    /// <inheritdoc cref="OwnKey{T}.RequireMade"/>
    public void RequirePublished() => _key?.RequireMade();

    /// <summary>The key that the server checks what the broker signs with (RFC 7517 §5); null when it signs nothing.</summary>
    public JsonObject? ReadKeySet() =>
        _key is null ? null : new JsonObject { ["keys"] = new JsonArray(_key.Value.ToJsonWebKey()) };

    public async ValueTask DisposeAsync()
    {
        await _endpoints.DisposeAsync();
        _connection.Dispose();
        _keys?.Dispose();
        _key?.Dispose();
    }

    private async Task<(TokenAnswer Answer, ServerEndpoints Endpoints)> AskAsync(IssueRequest request, OAuthGrantSettings grant, CancellationToken cancellationToken)
    {
        var mayExist = false;
        _memory.Asked(request.LeaseId);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_keys is not null)
            {
                // What could not be sealed must not be made.
                await _keys.ReadCurrentIdAsync(cancellationToken);
            }

            var endpoints = await _calls.RunAsync("finding where to ask", _endpoints.FindAsync, cancellationToken);
            var form = TokenForm.ForToken(grant, grant.Flow == OAuthFlow.TokenExchange ? _assertions.OfSubject(request) : null);
            // Not ended with the caller's time but with the target's: an answer that is on its way has a token in it, which has to be known to
            // be revoked.
            return (await _calls.RunAsync("issuing", PostAsync, CancellationToken.None), endpoints);

            async Task<TokenAnswer> PostAsync(CancellationToken limit)
            {
                try
                {
                    mayExist = true;
                    return await _server.AskAsync(endpoints, form, limit);
                }
                catch (Exception e) when (OAuthFailure.IsBeforeAnything(e))
                {
                    mayExist = false;
                    throw;
                }
            }
        }
        catch when (!mayExist)
        {
            _memory.NotGiven(request.LeaseId);
            throw;
        }
    }

    /// <summary>
    /// The same, seen active where the server is asked. It answers in the same way about a token that it does not let the broker look at
    /// (RFC 7662 §2.2), which would be the proof of an end that never came.
    /// </summary>
    private async Task<TokenHandle> WatchedAsync(
        LeaseId lease, Secret token, ServerEndpoints endpoints, TokenHandle handle, CancellationToken cancellationToken)
    {
        if (endpoints.Introspection is not { } introspection)
        {
            return handle;
        }

        if (!await _calls.RunAsync("looking", limit => _server.IsActiveAsync(introspection, token.Reveal(), limit), cancellationToken))
        {
            throw new EngineException(
                $"target {_target.Name}: the server calls the token that it gave not active: let the broker introspect what it is given", isTransient: false);
        }

        return _memory.SeenActive(lease, handle);
    }

    /// <summary>Those that the store, or this broker, knows, and whether there can be no other.</summary>
    private (IReadOnlyList<TokenHandle> Tokens, bool AreAll) TokensOf(Lease lease)
    {
        var (tokens, areAll) = _memory.Of(lease.Id);
        return NotedOf(lease) is { } noted ? ([.. tokens.Append(noted).Distinct()], true) : (tokens, areAll);
    }

    /// <returns>Null where the store has none.</returns>
    private TokenHandle? NotedOf(Lease lease) => TokenHandle.Parse(lease.Handle, LatestEndOf(lease));

    /// <summary>When a token of which nothing is known has ended in any case.</summary>
    private DateTimeOffset LatestEndOf(Lease lease)
    {
        // The request was sent before the settle time. Of a lease that only the audit log remembers, no more is known than its end.
        var asked = lease.CreateTime == default ? lease.ExpireTime
            : lease.SettleTime > lease.CreateTime ? lease.SettleTime
            : lease.CreateTime;
        return asked + _settings.MaxTokenLife + Late;
    }

    private SigningKey LoadKey()
    {
        var key = SigningKey.LoadOrCreate(_settings.KeyFile, out var created);
        if (created)
        {
            LogKeyMade(_logger, _target.Name, _settings.KeyFile, key.Id);
        }

        return key;
    }

    [LoggerMessage(LogLevel.Information, "Made a signing key for target {Target}: {KeyFile}, kid {KeyId}")]
    private static partial void LogKeyMade(ILogger logger, string target, string keyFile, string keyId);
}
