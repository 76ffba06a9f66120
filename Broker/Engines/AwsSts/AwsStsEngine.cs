using System.Globalization;
using Amazon;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using SecretsBroker.Catalog;
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
    private readonly IamApi _iam;
    private readonly Lock _lock = new();
    private Task<AWSCredentials>? _credentials;
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

        _iam = new IamApi(settings, _http.Client, time);
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
        var credential = await CallAsync("issuing", token => AssumeAsync(request, grant, token), CancellationToken.None);
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
        if (_settings.DeniesEarly && _time.GetUtcNow() < EndOf(lease))
        {
            await CallAsync("revoking", token => DenyAsync(lease, token), cancellationToken);
        }
    }

    public async ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (name, end) = (LeaseNames.Of(lease.Id), EndOf(lease));
        if (_time.GetUtcNow() >= end)
        {
            return new Verification(Gone: true, $"session {name}: its policy has allowed nothing since {end:O}");
        }

        if (!_settings.DeniesEarly)
        {
            return new Verification(Gone: true, $"expire-only: session {name} is good until its policy ends at {end:O}");
        }

        var isDenied = await CallAsync("verifying", token => IsDeniedAsync(lease, token), cancellationToken);
        return new Verification(isDenied, $"session {name}: {(isDenied ? "denied" : "not denied")} by the policies of role {_settings.RoleName}");
    }

    public async ValueTask CheckAsync(CancellationToken cancellationToken) => await CallAsync(
        "checking",
        async token =>
        {
            await (await ClientAsync()).GetCallerIdentityAsync(new GetCallerIdentityRequest(), token);
            return _settings.DeniesEarly ? (await _iam.ListPoliciesAsync(await CredentialsAsync(), token)).Count : 0;
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
        var answer = await (await ClientAsync()).AssumeRoleAsync(
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

    private async Task<bool> DenyAsync(Lease lease, CancellationToken cancellationToken)
    {
        var credentials = await CredentialsAsync();
        var names = await _iam.ListPoliciesAsync(credentials, cancellationToken);
        // Those of leases whose time is over make room for others: a role's policies have a limit.
        foreach (var over in names.Where(name => SessionDenial.IsOver(name, _time.GetUtcNow())))
        {
            await _iam.DeletePolicyAsync(over, credentials, cancellationToken);
        }

        if (!names.Any(name => SessionDenial.IsOf(name, lease.Id)))
        {
            await _iam.PutPolicyAsync(
                SessionDenial.NameOf(lease.Id, EndOf(lease)), SessionDenial.DocumentOf(lease.Id), credentials, cancellationToken);
        }

        return true;
    }

    private async Task<bool> IsDeniedAsync(Lease lease, CancellationToken cancellationToken) =>
        (await _iam.ListPoliciesAsync(await CredentialsAsync(), cancellationToken)).Any(name => SessionDenial.IsOf(name, lease.Id));

    /// <summary>From when on the session may do nothing. Where its issue was not seen to its end, the latest that it can be.</summary>
    private static DateTimeOffset EndOf(Lease lease)
    {
        if (long.TryParse(lease.Handle, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return DateTimeOffset.FromUnixTimeSeconds(seconds);
        }

        // A lease beneath a delegation may have been cut after its session was made.
        return lease.Delegation is null ? lease.ExpireTime : lease.CreateTime + LongestSession;
    }

    private async Task<AmazonSecurityTokenServiceClient> ClientAsync()
    {
        var credentials = await CredentialsAsync();
        lock (_lock)
        {
            return _client ??= new AmazonSecurityTokenServiceClient(credentials, _config);
        }
    }

    // Found on first use, and again when that failed: what is not there yet does not keep the broker from starting.
    private Task<AWSCredentials> CredentialsAsync()
    {
        lock (_lock)
        {
            return _credentials is { IsFaulted: false } found ? found : _credentials = AwsAccount.FindAsync(_settings, _config);
        }
    }

    /// <summary>Within the target's time, and without AWS's words.</summary>
    private async Task<T> CallAsync<T>(string step, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var timer = new CancellationTokenSource(_target.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await call(either.Token);
        }
        catch (Exception e) when (AwsFailure.IsKnown(e))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw timer.IsCancellationRequested
                ? new EngineException($"target {_target.Name}: {step} took too long", isTransient: true)
                : AwsFailure.Translate(_target.Name, step, e);
        }
    }
}
