using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SecretsBroker.Engines.Vault;

/// <summary>Vault's HTTP API, as far as tokens by role, leases and the broker's own account go.</summary>
internal sealed class VaultApi(VaultClient client, VaultSession session)
{
    private const string Roles = "auth/token/roles";

    /// <summary>The leases of tokens made by a role are below its name.</summary>
    private const string TokensOf = "auth/token/create";

    /// <summary>By it tokens without a parent can be made, with policies that the caller has.</summary>
    public async Task SetRoleAsync(string role, CancellationToken cancellationToken)
    {
        using var answer = await session.SendAsync(
            HttpMethod.Post,
            $"{Roles}/{role}",
            new JsonObject { ["orphan"] = true, ["renewable"] = true, ["token_type"] = "service" },
            cancellationToken);
    }

    /// <summary>Succeeds when there is none.</summary>
    public async Task DeleteRoleAsync(string role, CancellationToken cancellationToken)
    {
        using var answer = await session.SendAsync(HttpMethod.Delete, $"{Roles}/{role}", content: null, cancellationToken);
    }

    public async Task<bool> HasRoleAsync(string role, CancellationToken cancellationToken)
    {
        using var answer = await FindAsync(HttpMethod.Get, $"{Roles}/{role}", cancellationToken);
        return answer is not null;
    }

    public Task<IReadOnlyList<string>> ListRolesAsync(CancellationToken cancellationToken) => ListAsync(Roles, cancellationToken);

    public async Task<VaultToken> CreateTokenAsync(
        string role, IReadOnlyList<string> policies, TimeSpan life, TimeSpan maxLife, JsonObject meta, CancellationToken cancellationToken)
    {
        using var answer = await session.SendAsync(
            HttpMethod.Post,
            $"{TokensOf}/{role}",
            new JsonObject
            {
                ["policies"] = new JsonArray([.. policies.Select(policy => (JsonNode)policy)]),
                ["no_default_policy"] = true,
                ["ttl"] = Duration(life),
                ["explicit_max_ttl"] = Duration(maxLife),
                ["display_name"] = role,
                ["meta"] = meta,
            },
            cancellationToken);
        var auth = answer.Root.Of("auth");
        return new VaultToken(auth.Bytes("client_token"), auth.Text("accessor"), TimeSpan.FromSeconds(auth.Number("lease_duration")));
    }

    /// <returns>How long it lives from now on; null when it does not any more.</returns>
    public async Task<TimeSpan?> RenewTokenAsync(string accessor, TimeSpan life, CancellationToken cancellationToken)
    {
        using var answer = await OfTokenAsync(
            "renew-accessor", new JsonObject { ["accessor"] = accessor, ["increment"] = Duration(life) }, cancellationToken);
        return answer is null ? null : TimeSpan.FromSeconds(answer.Root.Of("auth").Number("lease_duration"));
    }

    public async Task<bool> HasTokenAsync(string accessor, CancellationToken cancellationToken)
    {
        using var answer = await OfTokenAsync("lookup-accessor", new JsonObject { ["accessor"] = accessor }, cancellationToken);
        return answer is not null;
    }

    /// <summary>Those that were made by a role. What was made with them is ended by Vault itself. Succeeds when there are none.</summary>
    public async Task RevokeTokensAsync(string role, CancellationToken cancellationToken)
    {
        using var answer = await session.SendAsync(
            HttpMethod.Post, $"sys/leases/revoke-prefix/{TokensOf}/{role}", new JsonObject { ["sync"] = true }, cancellationToken);
    }

    public async Task<int> CountTokensAsync(string role, CancellationToken cancellationToken) =>
        (await ListAsync($"sys/leases/lookup/{TokensOf}/{role}/", cancellationToken)).Count;

    /// <summary>A dynamic secret, with the token that was made for it.</summary>
    public Task<VaultAnswer> MakeSecretAsync(HttpMethod method, string path, JsonObject? parameters, Secret token, CancellationToken cancellationToken) =>
        client.SendAsync(method, path, parameters, token, cancellationToken);

    /// <returns>Null when there is no such lease.</returns>
    public async Task<VaultLease?> FindLeaseAsync(string leaseId, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await session.SendAsync(
                HttpMethod.Post, "sys/leases/lookup", new JsonObject { ["lease_id"] = leaseId }, cancellationToken);
            var data = answer.Root.Of("data");
            return data.Text("id") == leaseId
                ? new VaultLease(TimeSpan.FromSeconds(data.Number("ttl")), data.Of("renewable").GetBoolean())
                : throw new InvalidOperationException("it is another lease");
        }
        catch (VaultRefusalException e) when (e.Status == 400 && e.Says("invalid lease"))
        {
            return null;
        }
    }

    /// <returns>How long it lives from now on, which may be less than was asked for.</returns>
    public async Task<TimeSpan> RenewLeaseAsync(string leaseId, TimeSpan life, CancellationToken cancellationToken)
    {
        using var answer = await session.SendAsync(
            HttpMethod.Post,
            "sys/leases/renew",
            new JsonObject { ["lease_id"] = leaseId, ["increment"] = (long)life.TotalSeconds },
            cancellationToken);
        return TimeSpan.FromSeconds(answer.Root.Number("lease_duration"));
    }

    /// <summary>Returns when it is gone at the system that it is for. Succeeds when there is none.</summary>
    public async Task RevokeLeaseAsync(string leaseId, CancellationToken cancellationToken)
    {
        using var answer = await session.SendAsync(
            HttpMethod.Post, "sys/leases/revoke", new JsonObject { ["lease_id"] = leaseId, ["sync"] = true }, cancellationToken);
    }

    /// <summary>Whether it is initialised, unsealed, and has an active node.</summary>
    public async Task ReadHealthAsync(CancellationToken cancellationToken)
    {
        using var answer = await client.SendAsync(
            HttpMethod.Get, "sys/health?standbyok=true&perfstandbyok=true", content: null, token: null, cancellationToken);
        if (answer.Root.Of("sealed").GetBoolean() || !answer.Root.Of("initialized").GetBoolean())
        {
            throw new VaultRefusalException(503, errors: null);
        }
    }

    /// <summary>An answer that only Vault gives, and only to a token that is good.</summary>
    public async Task<VaultAccount> ReadOwnTokenAsync(CancellationToken cancellationToken)
    {
        using var answer = await session.SendAsync(HttpMethod.Get, "auth/token/lookup-self", content: null, cancellationToken);
        var data = answer.Root.Of("data");
        return data.Text("accessor").Length > 0
            ? new VaultAccount(data.Text("type") == "batch", data.Number("num_uses") > 0)
            : throw new InvalidOperationException("it is no token");
    }

    /// <returns>For each path what the broker's own token may do there.</returns>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ReadCapabilitiesAsync(
        IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        using var answer = await session.SendAsync(
            HttpMethod.Post,
            "sys/capabilities-self",
            new JsonObject { ["paths"] = new JsonArray([.. paths.Select(path => (JsonNode)path)]) },
            cancellationToken);
        var data = answer.Root.Of("data");
        return paths.ToDictionary(path => path, path => data.Texts(path));
    }

    private static string Duration(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Ceiling(span.TotalSeconds)}s");

    private async Task<IReadOnlyList<string>> ListAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await FindAsync(VaultClient.List, path, cancellationToken);
        return answer is null ? [] : answer.Root.Of("data").Texts("keys");
    }

    /// <returns>Null when Vault says that there is no such thing.</returns>
    private async Task<VaultAnswer?> FindAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await session.SendAsync(method, path, content: null, cancellationToken);
        }
        catch (VaultRefusalException e) when (e.IsUnknown)
        {
            return null;
        }
    }

    /// <returns>Null when there is no such token.</returns>
    private async Task<VaultAnswer?> OfTokenAsync(string call, JsonObject content, CancellationToken cancellationToken)
    {
        try
        {
            return await session.SendAsync(HttpMethod.Post, $"auth/token/{call}", content, cancellationToken);
        }
        catch (VaultRefusalException e) when (e.Status is 400 or 403 or 404 && (e.Says("invalid accessor") || e.Says("bad token")))
        {
            return null;
        }
    }
}

/// <summary>A token that was made for one lease.</summary>
internal sealed record VaultToken(Secret Token, string Accessor, TimeSpan Life) : IDisposable
{
    public void Dispose() => Token.Dispose();
}

/// <param name="Life">What is left of it.</param>
/// <param name="IsRenewable">Whether it can be given more.</param>
internal readonly record struct VaultLease(TimeSpan Life, bool IsRenewable);

/// <param name="IsBatch">Of a kind that makes no tokens.</param>
/// <param name="HasLimitedUses">As before.</param>
internal readonly record struct VaultAccount(bool IsBatch, bool HasLimitedUses);
