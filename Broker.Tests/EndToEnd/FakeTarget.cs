using System.Collections.Concurrent;
using System.Text;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>The engine type <c>fake</c>: a target in memory that is slow, or fails, when a test says so.</summary>
internal sealed class FakeTarget : ICredentialEngineType, IListableEngine
{
    private volatile TaskCompletionSource _revokeGate = Opened();
    private volatile TaskCompletionSource _issueGate = Opened();
    private volatile TaskCompletionSource _answerGate = Opened();
    private int _issued;
    private int _issuing;
    private int _revoking;

    public string Name => "fake";

    public bool IsListable => true;

    public Revocability Revocability => Revocability.Destroy;

    /// <summary>What exists at the target, and until when.</summary>
    public ConcurrentDictionary<LeaseId, DateTimeOffset> Live { get; } = [];

    /// <summary>What was ever handed out.</summary>
    public ConcurrentBag<string> Passwords { get; } = [];

    public bool IsDown { get; set; }

    /// <summary>What cannot be revoked, though the target works.</summary>
    public ConcurrentDictionary<LeaseId, bool> Broken { get; } = [];

    public int Issued => Volatile.Read(ref _issued);

    public void HoldRevocations() => _revokeGate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetRevocationsGo() => _revokeGate.TrySetResult();

    /// <summary>Returns when it is asked to revoke something, and does not answer.</summary>
    public Task UntilRevokingAsync() => Wait.UntilAsync(() => Volatile.Read(ref _revoking) > 0);

    public void HoldIssues() => _issueGate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetIssuesGo() => _issueGate.TrySetResult();

    /// <summary>Returns when it is asked to issue something, and does not answer.</summary>
    public Task UntilIssuingAsync() => Wait.UntilAsync(() => Volatile.Read(ref _issuing) > 0);

    /// <summary>What it makes exists at once, and is not answered before it may.</summary>
    public void HoldAnswers() => _answerGate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetAnswersGo() => _answerGate.TrySetResult();

    public void ValidateTarget(Target target, CatalogFaults faults)
    {
    }

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults)
    {
    }

    public ICredentialEngine Create(Target target) => this;

    public async ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _issuing);
        try
        {
            await CallAsync(_issueGate, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _issuing);
        }

        Interlocked.Increment(ref _issued);
        Live[request.LeaseId] = request.ExpireTime;
        var password = Secret.Random();
        Passwords.Add(Encoding.UTF8.GetString(password.Bytes));
        await _answerGate.Task.WaitAsync(cancellationToken);
        return new DatabaseCredential
        {
            Host = "127.0.0.1",
            Port = 1,
            Database = "none",
            Username = $"sb_{request.LeaseId}",
            Password = password,
            Handle = "fake",
        };
    }

    public async ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        await CallAsync(Opened(), cancellationToken);
        return Live.TryUpdate(lease.Id, expireTime, Live.GetValueOrDefault(lease.Id));
    }

    public async ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _revoking);
        try
        {
            await CallAsync(_revokeGate, cancellationToken);
            if (Broken.ContainsKey(lease.Id))
            {
                throw new EngineException("the fake target says: cannot be dropped", isTransient: true);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _revoking);
        }

        Live.TryRemove(lease.Id, out _);
    }

    public async ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        await CallAsync(Opened(), cancellationToken);
        return new Verification(!Live.ContainsKey(lease.Id), "looked in memory");
    }

    public async ValueTask<ListedPage> ListAsync(string mark, string? cursor, int max, CancellationToken cancellationToken)
    {
        await CallAsync(Opened(), cancellationToken);
        // Page by page, as a large target answers.
        var names = Live.Keys.Select(LeaseNames.Of).Order(StringComparer.Ordinal).Where(name => string.CompareOrdinal(name, cursor) > 0).Take(2).ToArray();
        return new ListedPage(
            [.. names.Select(name => LeaseNames.Parse(name, mark)).OfType<LeaseId>()], names.Length < 2 ? null : names[^1]);
    }

    public async ValueTask<bool> IsWholeAsync(LeaseId lease, CancellationToken cancellationToken)
    {
        await CallAsync(Opened(), cancellationToken);
        return Live.ContainsKey(lease);
    }

    public async ValueTask CheckAsync(CancellationToken cancellationToken) => await CallAsync(Opened(), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task CallAsync(TaskCompletionSource gate, CancellationToken cancellationToken)
    {
        await gate.Task.WaitAsync(cancellationToken);
        if (IsDown)
        {
            throw new EngineException("the fake target says: connection refused, password=hunter2", isTransient: true);
        }
    }

    private static TaskCompletionSource Opened()
    {
        var gate = new TaskCompletionSource();
        gate.SetResult();
        return gate;
    }
}
