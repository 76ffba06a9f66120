using System.Text.Json.Nodes;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Vault;

/// <summary>Has Vault make the secret of a lease, and give it the time that the lease has.</summary>
internal sealed class VaultSecrets(VaultApi api, TimeProvider time)
{
    /// <summary>How long Vault keeps a lease's token beyond the lease: the broker ends it before; Vault does when no broker is left.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    public async Task<VaultCredential> MakeAsync(IssueRequest request, VaultGrantSettings grant, CancellationToken cancellationToken)
    {
        var name = LeaseNames.Of(request.LeaseId);
        // What an earlier issue of the same lease made does not live on beside this one.
        await api.RevokeTokensAsync(name, cancellationToken);
        await api.SetRoleAsync(name, cancellationToken);
        var asked = time.GetUtcNow();
        using var token = await CreateTokenAsync(name, request, grant, asked, cancellationToken);
        if (asked + token.Life < request.ExpireTime)
        {
            throw new EngineException("its tokens may not live as long as the lease: raise max_lease_ttl there, or lower max_ttl", isTransient: false);
        }

        using var answer = await MakeSecretAsync(request, grant, token, cancellationToken);
        var handle = HandleOf(answer, token, grant);
        var made = new VaultLease(TimeSpan.FromSeconds(answer.Root.Number("lease_duration")), answer.Root.Of("renewable").GetBoolean());
        if (!await LastsAsync(handle, made, asked, request.ExpireTime, request.ExpireTime, cancellationToken))
        {
            throw new EngineException("it gives the secret for a shorter time than the lease's: lower max_ttl, or raise it there", isTransient: false);
        }

        return new VaultCredential { Fields = VaultFields.Of(answer.Root.Of("data"), grant.Fields), Handle = handle.ToString() };
    }

    public async Task<bool> StretchAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        if (VaultHandle.Parse(lease.Handle) is not { } handle)
        {
            return false;
        }

        // Always as far as can be: of two renewals at once none can cut what the other was given.
        var furthest = lease.MaxExpireTime > expireTime ? lease.MaxExpireTime : expireTime;
        var asked = time.GetUtcNow();
        return await api.RenewTokenAsync(handle.Accessor, furthest - asked + Slack, cancellationToken) is { } life
            && asked + life >= expireTime
            && await api.FindLeaseAsync(handle.LeaseId, cancellationToken) is { } found
            && await LastsAsync(handle, found, asked, expireTime, furthest, cancellationToken);
    }

    private async Task<VaultToken> CreateTokenAsync(
        string name, IssueRequest request, VaultGrantSettings grant, DateTimeOffset asked, CancellationToken cancellationToken)
    {
        var life = request.ExpireTime - asked + Slack;
        var longest = request.Grant.MaxTimeToLive + Slack;
        // For Vault's own audit log.
        var meta = new JsonObject { ["secretsbroker_lease"] = request.LeaseId.Value, ["secretsbroker_workload"] = request.Workload.Value };
        try
        {
            return await api.CreateTokenAsync(name, grant.Policies, life, life > longest ? life : longest, meta, cancellationToken);
        }
        catch (VaultRefusalException e) when (e.Status == 400)
        {
            throw e.Says("unknown role")
                ? new EngineException("the lease was revoked meanwhile", isTransient: true, e)
                : new EngineException("no token with the grant's policies: the broker's own must hold them", isTransient: false, e);
        }
    }

    private async Task<VaultAnswer> MakeSecretAsync(
        IssueRequest request, VaultGrantSettings grant, VaultToken token, CancellationToken cancellationToken)
    {
        try
        {
            var parameters = ParametersOf(request, grant);
            return await api.MakeSecretAsync(grant.Method, grant.Path, parameters, token.Token, cancellationToken);
        }
        catch (VaultRefusalException e) when (e.Status is 400 or 403 or 404)
        {
            throw await api.HasTokenAsync(token.Accessor, cancellationToken)
                ? new EngineException(
                    e.Status == 403 ? "the grant's policies do not allow its path" : "the grant's path, method or parameters are refused", isTransient: false, e)
                : new EngineException("the lease was revoked meanwhile", isTransient: true, e);
        }
    }

    private JsonObject? ParametersOf(IssueRequest request, VaultGrantSettings grant)
    {
        if (grant.Method == HttpMethod.Get)
        {
            return null;
        }

        var parameters = new JsonObject();
        foreach (var (name, value) in grant.Parameters)
        {
            parameters[name] = value;
        }

        if (grant.TimeToLiveParameter is { } wanted)
        {
            parameters[wanted] = $"{SecondsTo(request.ExpireTime)}s";
        }

        return parameters;
    }

    private static VaultHandle HandleOf(VaultAnswer answer, VaultToken token, VaultGrantSettings grant)
    {
        var leaseId = answer.Root.Text("lease_id");
        return leaseId.Length > 0
            ? VaultHandle.Of(token.Accessor, leaseId, grant.Path)
            : throw new EngineException("what is at the grant's path has no lease, so that it cannot be revoked", isTransient: false);
    }

    /// <summary>Whether a lease lives until its end at Vault, which is asked for more when that is too early.</summary>
    private async Task<bool> LastsAsync(
        VaultHandle handle,
        VaultLease lease,
        DateTimeOffset seen,
        DateTimeOffset end,
        DateTimeOffset furthest,
        CancellationToken cancellationToken)
    {
        if (seen + lease.Life >= end)
        {
            return true;
        }

        if (!lease.IsRenewable)
        {
            return false;
        }

        var asked = time.GetUtcNow();
        return asked + await api.RenewLeaseAsync(handle.LeaseId, TimeSpan.FromSeconds(SecondsTo(furthest)), cancellationToken) >= end;
    }

    private long SecondsTo(DateTimeOffset end) => Math.Max(1, (long)Math.Ceiling((end - time.GetUtcNow()).TotalSeconds));
}
