using System.Globalization;
using Amazon;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.Http;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.AwsSts;

/// <summary>
/// A session of a role a lease, named by it and with it as source identity, under a session policy that allows what the grant names until
/// the lease's end. AWS knows no way to take a session back: it ends by that policy, or before by a denial among the role's own policies.
/// </summary>
internal sealed class AwsStsEngine : ICredentialEngine
{
    private const int Retries = 2;
    private static readonly TimeSpan ShortestSession = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LongestSession = TimeSpan.FromHours(12);

    private readonly Target _target;
    private readonly AwsTargetSettings _settings;
    private readonly TimeProvider _time;
    private readonly AwsHttp _http = new();
    private readonly AmazonSecurityTokenServiceConfig _config;
    private readonly AwsAccount _account;
    private readonly RoleDenials _denials;
    private readonly AskedSessions _asked;
    private readonly ApiCalls _calls;
    private readonly Lock _lock = new();
    private AmazonSecurityTokenServiceClient? _client;

    public AwsStsEngine(Target target, AwsTargetSettings settings, TimeProvider time)
    {
        (_target, _settings, _time) = (target, settings, time);
        _config = new AmazonSecurityTokenServiceConfig
        {
            RegionEndpoint = RegionEndpoint.GetBySystemName(settings.Region),
            HttpClientFactory = _http,
            Timeout = target.Timeout,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = Retries,
            DisableLogging = true,
            // Only what the settings name.
            IgnoreConfiguredEndpointUrls = true,
        };
        if (settings.StsEndpoint is { } endpoint)
        {
            _config.ServiceURL = endpoint.AbsoluteUri;
            _config.AuthenticationRegion = settings.Region;
        }

        _account = AwsAccount.Of(settings, _config);
        _denials = new RoleDenials(settings, new IamApi(settings, _http.Client, time));
        _asked = new AskedSessions(time);
        _calls = new ApiCalls(target, AwsFailure.All, time);
    }

    public Revocability Revocability => _settings.DeniesEarly ? Revocability.Destroy : Revocability.ExpireOnly;

    public async ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        if (request.Input is not (CredentialInput.AwsSts or CredentialInput.None))
        {
            throw new CredentialInputException("a session at AWS takes no input of this kind");
        }

        var faults = new CatalogFaults();
        var grant = AwsGrantSettings.Read(request.Grant, faults);
        if (faults.Any)
        {
            throw new EngineException($"target {_target.Name}: the settings of grant {request.Grant.Name} are not valid", isTransient: false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        // Not ended with the caller's time but with the target's: what was sent cannot be called back.
        var credential = await _calls.RunAsync("issuing", token => AssumeAsync(request, grant, token), CancellationToken.None);
        if (cancellationToken.IsCancellationRequested)
        {
            credential.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return credential;
    }

    /// <summary>The end stands in the session's policy, which cannot be changed.</summary>
    public ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(false);
    }

    public async ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_settings.DeniesEarly && !HasExpired(lease) && !WasRefused(lease))
        {
            await _calls.RunAsync(
                "revoking",
                async token => await _denials.PutAsync(lease.Id, EndOf(lease), await _account.GetAsync(token), token),
                cancellationToken);
        }
    }

    public async ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (name, end) = (LeaseNames.Of(lease.Id), EndOf(lease));
        if (WasRefused(lease))
        {
            return new Verification(Gone: true, $"session {name}: AWS has refused to make it");
        }

        if (HasExpired(lease))
        {
            return NothingSince(name, end);
        }

        if (!_settings.DeniesEarly)
        {
            return SessionDenial.IsOver(end, _time.GetUtcNow())
                ? NothingSince(name, end)
                : new Verification(Gone: true, $"expire-only: session {name} is good until its policy ends at {end:O}");
        }

        return await _calls.RunAsync(
            "verifying", async token => await _denials.LookAsync(lease.Id, end, await _account.GetAsync(token), token), cancellationToken) switch
        {
            SessionState.Over => NothingSince(name, end),
            SessionState.Denied => new Verification(Gone: true, $"session {name}: denied by the policies of role {_settings.RoleName}"),
            _ => new Verification(Gone: false, $"session {name}: not denied by the policies of role {_settings.RoleName}"),
        };
    }

    public async ValueTask CheckAsync(CancellationToken cancellationToken) => await _calls.RunAsync(
        "checking",
        async token =>
        {
            await (await ClientAsync(token)).GetCallerIdentityAsync(new GetCallerIdentityRequest(), token);
            if (_settings.DeniesEarly)
            {
                await _denials.CheckAsync(await _account.GetAsync(token), token);
            }
        },
        cancellationToken);

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<AwsCredential> AssumeAsync(IssueRequest request, AwsGrantSettings grant, CancellationToken cancellationToken)
    {
        var name = LeaseNames.Of(request.LeaseId);
        var end = DateTimeOffset.FromUnixTimeSeconds(request.ExpireTime.ToUnixTimeSeconds());
        var life = request.ExpireTime - _time.GetUtcNow();
        var answer = await AskAsync(
            request.LeaseId,
            end,
            new AssumeRoleRequest
            {
                RoleArn = _settings.RoleArn,
                RoleSessionName = name,
                SourceIdentity = name,
                ExternalId = _settings.ExternalId,
                Policy = SessionPolicy.Write(grant.Statements, end),
                DurationSeconds = (int)Math.Ceiling((life < ShortestSession ? ShortestSession : life > LongestSession ? LongestSession : life).TotalSeconds),
            },
            cancellationToken);
        if (answer is not
            {
                Credentials: { AccessKeyId.Length: > 0, SecretAccessKey.Length: > 0, SessionToken.Length: > 0, Expiration: { } expiration } session,
            }
            || answer.SourceIdentity != name)
        {
            throw new InvalidOperationException("it is no session of this lease");
        }

        return new DateTimeOffset(expiration.ToUniversalTime()) >= end
            ? new AwsCredential
            {
                AccessKeyId = session.AccessKeyId,
                SecretAccessKey = Secret.FromText(session.SecretAccessKey),
                SessionToken = Secret.FromText(session.SessionToken),
                EndTime = end,
                Region = _settings.Region,
                RoleArn = _settings.RoleArn,
                Handle = end.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            }
            : throw new EngineException("the session would end before the lease", isTransient: false);
    }

    private async Task<AssumeRoleResponse> AskAsync(
        LeaseId lease, DateTimeOffset end, AssumeRoleRequest request, CancellationToken cancellationToken)
    {
        var attempts = AwsAttempts.Count();
        _asked.Asked(lease, end);
        try
        {
            return await (await ClientAsync(cancellationToken)).AssumeRoleAsync(request, cancellationToken);
        }
        catch when (attempts.AreAllRefused)
        {
            _asked.Refused(lease);
            throw;
        }
    }

    private static Verification NothingSince(string name, DateTimeOffset end) =>
        new(Gone: true, $"session {name}: its policy has allowed nothing since {end:O}");

    /// <summary>Whether nobody needs to be asked, because the store, whose clock decides when a lease ends, has seen the session's end.</summary>
    private bool HasExpired(Lease lease) => lease.Cause == EndCause.Expired && EndOf(lease) <= lease.ExpireTime;

    private bool WasRefused(Lease lease) => lease.Handle.Length == 0 && _asked.IsRefused(lease.Id);

    /// <summary>From when on the session may do nothing. Where its issue was not seen to its end, the latest that it can be.</summary>
    private DateTimeOffset EndOf(Lease lease) =>
        KeptTime.ReadSeconds(lease.Handle)
        ?? _asked.EndOf(lease.Id)
        // A lease beneath a delegation may have been cut after its session was asked for, and of another broker's no more is known.
        ?? (lease.Delegation is null ? lease.ExpireTime : lease.CreateTime + LongestSession);

    private async Task<AmazonSecurityTokenServiceClient> ClientAsync(CancellationToken cancellationToken)
    {
        var credentials = await _account.GetAsync(cancellationToken);
        lock (_lock)
        {
            return _client ??= new AmazonSecurityTokenServiceClient(credentials, _config);
        }
    }
}
