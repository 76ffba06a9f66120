using System.Security.Cryptography;
using SecretsBroker.Catalog;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.RedisAcl;

/// <summary>
/// A user a lease, named by the lease, at every node of the target: Redis passes users on to nobody. The password is random and only its
/// hash is sent. A call succeeds when every node has done its part.
/// </summary>
internal sealed class RedisAclEngine : IListableEngine
{
    private readonly Target _target;
    private readonly RedisTargetSettings _settings;
    private readonly TimeProvider _time;
    private readonly AclNode[] _nodes;

    public RedisAclEngine(Target target, RedisTargetSettings settings, TimeProvider time)
    {
        _target = target;
        _settings = settings;
        _time = time;
        _nodes = [.. settings.Nodes.Select(endpoint => new AclNode(endpoint, settings))];
    }

    public Revocability Revocability => Revocability.Destroy;

    public async ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        if (request.Input is not (CredentialInput.Redis or CredentialInput.None))
        {
            throw new CredentialInputException("a Redis user takes no input of this kind");
        }

        var faults = new CatalogFaults();
        var grant = RedisGrantSettings.Read(request.Grant, faults);
        if (faults.Any)
        {
            throw new EngineException($"target {_target.Name}: the settings of grant {request.Grant.Name} are not valid", isTransient: false);
        }

        var user = AclNode.UserOf(request.LeaseId);
        var password = Secret.Random();
        try
        {
            var rules = grant.Rules(Convert.ToHexStringLower(SHA256.HashData(password.Bytes))).ToArray();
            await AtEveryNodeAsync("issuing", (node, token) => node.SetAsync(user, rules, token), cancellationToken);
            return new RedisCredential
            {
                Nodes = [.. _settings.AdvertisedNodes.Select(node => (node.Host, node.Port))],
                Tls = _settings.TlsMode != RedisTlsMode.Disable,
                Username = user,
                Password = password,
            };
        }
        catch
        {
            password.Dispose();
            throw;
        }
    }

    /// <summary>Redis knows no end of a user: there is nothing to move, only to see that nobody lost it meanwhile.</summary>
    public async ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        var user = AclNode.UserOf(lease.Id);
        var traces = await AtEveryNodeAsync("renewing", (node, token) => node.LookAsync(user, token), cancellationToken);
        return traces.All(trace => trace.Exists);
    }

    public async ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken)
    {
        var user = AclNode.UserOf(lease.Id);
        await AtEveryNodeAsync("revoking", (node, token) => node.RemoveAsync(user, token), cancellationToken);
    }

    public async ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        var user = AclNode.UserOf(lease.Id);
        var traces = await AtEveryNodeAsync("verifying", (node, token) => node.LookAsync(user, token), cancellationToken);
        var left = _nodes.Zip(traces).Where(node => !node.Second.None).ToArray();
        return left.Length == 0
            ? new Verification(Gone: true, $"user {user}: no such user, no connections, at {_nodes.Length} of {_nodes.Length} nodes")
            : new Verification(Gone: false, $"user {user}: {string.Join("; ", left.Select(Describe))}");

        static string Describe((AclNode Node, UserTraces Traces) found) =>
            $"{found.Node.Endpoint}: {(found.Traces.Exists ? "exists" : "no such user")}, {found.Traces.Connections} connections, " +
            $"{found.Traces.Settings} that may still set it";
    }

    /// <summary>What any of the nodes has: one that was away, or that reads an old ACL file, may have kept or regained what the others lost.</summary>
    public async ValueTask<ListedPage> ListAsync(string mark, string? cursor, int max, CancellationToken cancellationToken)
    {
        var users = await AtEveryNodeAsync("listing", (node, token) => node.ListAsync(token), cancellationToken);
        var nodesOf = users.SelectMany(names => names)
            .Select(name => LeaseNames.Parse(name, mark))
            .OfType<LeaseId>()
            .GroupBy(lease => lease)
            .ToDictionary(lease => lease.Key, lease => lease.Count());
        return new ListedPage([.. nodesOf.Keys], NextCursor: null)
        {
            Parts = [.. nodesOf.Where(lease => lease.Value < _nodes.Length).Select(lease => lease.Key)],
        };
    }

    public async ValueTask<bool> IsWholeAsync(LeaseId lease, CancellationToken cancellationToken)
    {
        var user = AclNode.UserOf(lease);
        var traces = await AtEveryNodeAsync("looking", (node, token) => node.LookAsync(user, token), cancellationToken);
        return traces.All(trace => trace.Exists);
    }

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        var nodes = await AtEveryNodeAsync("checking", (node, token) => node.CheckAsync(token), cancellationToken);
        var findings = _nodes.Zip(nodes)
            .SelectMany(node => node.Second.Faults.Select(fault => $"{node.First.Endpoint}: {fault}"))
            .ToList();
        if (NodeFindings.CountNodes(nodes) is var known && known > _nodes.Length)
        {
            findings.Add($"there are {known} nodes, and nodes names {_nodes.Length}: users would be missing, or stay, at the others");
        }

        if (findings.Count > 0)
        {
            throw new EngineException($"target {_target.Name}: {string.Join("; ", findings)}", isTransient: false);
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            node.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private async Task<T[]> AtEveryNodeAsync<T>(
        string step, Func<AclNode, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var timer = new CancellationTokenSource(_target.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        // All are waited for, also when one has failed: the others shall have got as far as they can.
        var answers = await Task.WhenAll(_nodes.Select(node => TryAsync(node, call, either.Token)));
        cancellationToken.ThrowIfCancellationRequested();
        var failures = answers.Select(answer => answer.Failure).OfType<EngineException>().ToArray();
        return failures.Length == 0
            ? [.. answers.Select(answer => answer.Value!)]
            : throw new EngineException(
                $"target {_target.Name}: {step} failed: {string.Join("; ", failures.Select(failure => failure.Message))}",
                failures.Any(failure => failure.IsTransient));
    }

    private static async Task<(T? Value, EngineException? Failure)> TryAsync<T>(
        AclNode node, Func<AclNode, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return (await call(node, cancellationToken), null);
        }
        catch (Exception e) when (NodeFailure.IsKnown(e))
        {
            return (default, NodeFailure.Translate(node.Endpoint, e));
        }
    }
}
