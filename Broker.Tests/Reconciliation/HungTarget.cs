using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>The engine type <c>hung</c>: a target that answers no list.</summary>
internal sealed class HungTarget : ICredentialEngineType, IListableEngine
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lists;

    public string Name => "hung";

    public bool IsListable => true;

    public Revocability Revocability => Revocability.Destroy;

    public Task Asked => _asked.Task;

    public int Lists => Volatile.Read(ref _lists);

    public void ValidateTarget(Target target, CatalogFaults faults)
    {
    }

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults)
    {
    }

    public ICredentialEngine Create(Target target) => this;

    public async ValueTask<ListedPage> ListAsync(string mark, string? cursor, int max, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _lists);
        _asked.TrySetResult();
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return default;
    }

    public ValueTask<bool> IsWholeAsync(LeaseId lease, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask CheckAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
