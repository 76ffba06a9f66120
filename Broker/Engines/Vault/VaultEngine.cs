using System.Runtime.ExceptionServices;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.Http;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Vault;

/// <summary>
/// A dynamic secret a lease, made with a token of its own that a token role of the lease's name made: by that name alone the token is
/// found and revoked, and Vault ends with it what was made with it.
/// </summary>
internal sealed class VaultEngine : IListableEngine
{
    private readonly Target _target;
    private readonly VaultClient _client;
    private readonly VaultSession _session;
    private readonly VaultApi _api;
    private readonly VaultSecrets _secrets;
    private readonly ApiCalls _calls;
    private readonly TimeProvider _time;

    public VaultEngine(Target target, VaultTargetSettings settings, TimeProvider time)
    {
        (_target, _time) = (target, time);
        _client = new VaultClient(settings);
        _session = new VaultSession(settings.Login, _client, time);
        _api = new VaultApi(_client, _session);
        _secrets = new VaultSecrets(_api, time);
        _calls = new ApiCalls(target, VaultFailure.All, time);
    }

    public Revocability Revocability => Revocability.Destroy;

    public async ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        if (request.Input is not (CredentialInput.Vault or CredentialInput.None))
        {
            throw new CredentialInputException("a secret of Vault takes no input of this kind");
        }

        var faults = new CatalogFaults();
        var grant = VaultGrantSettings.Read(request.Grant, faults);
        if (faults.Any)
        {
            throw new EngineException($"target {_target.Name}: the settings of grant {request.Grant.Name} are not valid", isTransient: false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        // Not ended with the caller's time but with the target's: what was sent cannot be called back.
        var credential = await _calls.RunAsync("issuing", token => _secrets.MakeAsync(request, grant, token), CancellationToken.None);
        if (cancellationToken.IsCancellationRequested)
        {
            credential.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return credential;
    }

    public async ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken) =>
        await _calls.RunAsync("renewing", token => _secrets.StretchAsync(lease, expireTime, token), cancellationToken);

    public async ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken) =>
        await _calls.RunAsync("revoking", token => EndAsync(lease, token), cancellationToken);

    public async ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken) =>
        await _calls.RunAsync("verifying", token => LookAsync(lease, token), cancellationToken);

    public async ValueTask<ListedPage> ListAsync(string mark, string? cursor, int max, CancellationToken cancellationToken)
    {
        var roles = await _calls.RunAsync("listing", _api.ListRolesAsync, cancellationToken);
        return new ListedPage([.. roles.Select(role => LeaseNames.Parse(role, mark)).OfType<LeaseId>()], NextCursor: null);
    }

    public async ValueTask<bool> IsWholeAsync(LeaseId lease, CancellationToken cancellationToken) => await _calls.RunAsync(
        "looking",
        async token => await _api.HasRoleAsync(LeaseNames.Of(lease), token) && await _api.CountTokensAsync(LeaseNames.Of(lease), token) > 0,
        cancellationToken);

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        var findings = await _calls.RunAsync("checking", FindFaultsAsync, cancellationToken);
        if (findings.Count > 0)
        {
            throw new EngineException($"target {_target.Name}: {string.Join("; ", findings)}", isTransient: false);
        }
    }

    public ValueTask DisposeAsync()
    {
        _session.Dispose();
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task EndAsync(Lease lease, CancellationToken cancellationToken)
    {
        var name = LeaseNames.Of(lease.Id);
        Func<Task>[] steps =
        [
            // First, so that nothing more is made by it.
            () => _api.DeleteRoleAsync(name, cancellationToken),
            () => EndTokensAsync(name, cancellationToken),
            // Last, because it waits until the secret is gone, which is for ever while the system that it is for does not answer.
            () => VaultHandle.Parse(lease.Handle) is { } handle ? _api.RevokeLeaseAsync(handle.LeaseId, cancellationToken) : Task.CompletedTask,
        ];
        Exception? failed = null;
        foreach (var step in steps)
        {
            try
            {
                await step();
            }
            catch (Exception e) when (VaultFailure.All.IsKnown(e))
            {
                // Each is of use without the others.
                failed ??= e;
            }
        }

        if (failed is not null)
        {
            ExceptionDispatchInfo.Throw(failed);
        }
    }

    /// <summary>For a part of the time: with their end Vault goes on by itself, but it may be slow, and the secret's own end must have its turn.</summary>
    private async Task EndTokensAsync(string role, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(_target.Timeout / 3, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        await _api.RevokeTokensAsync(role, either.Token);
    }

    private async Task<Verification> LookAsync(Lease lease, CancellationToken cancellationToken)
    {
        var name = LeaseNames.Of(lease.Id);
        // What stands between, or a wrong address, may answer anything with a 404, which would prove that anything is gone.
        await _api.ReadOwnTokenAsync(cancellationToken);
        var hasRole = await _api.HasRoleAsync(name, cancellationToken);
        var tokens = await _api.CountTokensAsync(name, cancellationToken);
        var seen = $"token role {name}: {(hasRole ? "exists" : "no such role")}, {tokens} tokens";
        if (VaultHandle.Parse(lease.Handle) is not { } handle)
        {
            return new Verification(!hasRole && tokens == 0, $"{seen}; no lease of Vault's is known");
        }

        var hasLease = await _api.FindLeaseAsync(handle.LeaseId, cancellationToken) is not null;
        return new Verification(
            !hasRole && tokens == 0 && !hasLease, $"{seen}; lease {handle.LeaseId}: {(hasLease ? "exists" : "no such lease")}");
    }

    private async Task<IReadOnlyList<string>> FindFaultsAsync(CancellationToken cancellationToken)
    {
        await _api.ReadHealthAsync(cancellationToken);
        var account = await _api.ReadOwnTokenAsync(cancellationToken);
        var findings = new List<string>();
        if (account.IsBatch || account.HasLimitedUses)
        {
            findings.Add("its token is a batch token, or one of limited uses, which makes no others");
        }

        findings.AddRange(VaultRights.FindMissing(await _api.ReadCapabilitiesAsync(VaultRights.Paths, cancellationToken)));
        return findings;
    }
}
