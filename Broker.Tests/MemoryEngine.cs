using System.Collections.Concurrent;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests;

/// <summary>An engine whose target is this object: logins that can be renewed, and seen.</summary>
internal sealed class MemoryEngine : ICredentialEngineType, ICredentialEngine
{
    private readonly ConcurrentDictionary<LeaseId, DateTimeOffset> _logins = new();
    private int _issued;

    /// <summary>What exists at the target, and until when.</summary>
    public IReadOnlyDictionary<LeaseId, DateTimeOffset> Logins => _logins;

    /// <summary>How many were ever made.</summary>
    public int Issued => _issued;

    /// <summary>What every call to revoke waits for first.</summary>
    public Func<Lease, CancellationToken, Task> BeforeRevoking { get; set; } = (_, _) => Task.CompletedTask;

    public string Name => "memory";

    public Revocability Revocability => Revocability.Destroy;

    public void ValidateTarget(Target target, CatalogFaults faults)
    {
    }

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults)
    {
    }

    public ICredentialEngine Create(Target target) => this;

    public ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _issued);
        _logins[request.LeaseId] = request.ExpireTime;
        return ValueTask.FromResult<Credential>(new DatabaseCredential
        {
            Host = "memory",
            Port = 1,
            Database = "notes",
            Username = request.LeaseId.Value,
            Password = Secret.Random(),
        });
    }

    public ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        _logins[lease.Id] = expireTime;
        return ValueTask.FromResult(true);
    }

    public async ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken)
    {
        await BeforeRevoking(lease, cancellationToken);
        _logins.TryRemove(lease.Id, out _);
    }

    public ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new Verification(!_logins.ContainsKey(lease.Id), "looked into memory"));

    public ValueTask CheckAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
