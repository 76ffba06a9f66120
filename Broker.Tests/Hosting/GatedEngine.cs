using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Hosting;

/// <summary>An engine whose target does not answer a revocation before it is told to.</summary>
internal sealed class GatedEngine : ICredentialEngineType, ICredentialEngine
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "gated";

    public Revocability Revocability => Revocability.Destroy;

    public void Open() => _open.TrySetResult();

    public void ValidateTarget(Target target, CatalogFaults faults)
    {
    }

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults)
    {
    }

    public ICredentialEngine Create(Target target) => this;

    public ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Credential>(new DatabaseCredential
        {
            Host = "gated", Port = 1, Database = "notes", Username = request.LeaseId.Value, Password = Secret.Random(),
        });

    public ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken) => ValueTask.FromResult(false);

    public async ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken) => await _open.Task.WaitAsync(cancellationToken);

    public ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new Verification(_open.Task.IsCompleted, "looked through the gate"));

    public ValueTask CheckAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
