using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.Leases;
using SecretsBroker.V1;
using EndCause = SecretsBroker.V1.EndCause;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Client;

/// <summary>How a lease is kept, renewed, given back and taken away.</summary>
[TestFixture]
internal sealed class BrokerLeaseTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    // Longer than any pause of a busy machine.
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(16);

    private TestBroker _broker = null!;
    private SecretsBrokerClient _client = null!;
    private BrokerTask _task = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _broker = await TestBroker.StartAsync();
        _client = _broker.Connect();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [SetUp]
    public async Task StartTask() => _task = await _client.StartTaskAsync("try leases");

    [TearDown]
    public async Task EndTask() => await _task.DisposeAsync();

    [Test]
    public async Task Disposed_lease_is_given_back_and_raises_nothing()
    {
        var raised = 0;
        var lease = await _task.AcquireAsync("read", "memory/notes");
        lease.TakenAway += (_, _) => Interlocked.Increment(ref raised);

        await lease.DisposeAsync();

        Assert.That(lease.Lost.IsCancellationRequested);
        var revoked = await _broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == lease.Id);
        Assert.That(revoked.Cause, Is.EqualTo("Returned"));
        Assert.That(raised, Is.Zero);
    }

    [Test]
    public async Task Lease_that_is_taken_away_tells_its_holder()
    {
        await using var lease = await _task.AcquireAsync("read", "memory/notes");
        var told = Told(lease);

        await TakeAwayAsync(lease);

        Assert.That(await told, Is.EqualTo(EndCause.Operator));
        Assert.That(lease.Lost.IsCancellationRequested);
    }

    [Test]
    public async Task Lease_is_renewed_before_its_end_for_as_long_as_was_asked_for()
    {
        await using var lease = await _task.AcquireAsync(
            "read", "memory/notes", new LeaseOptions { TimeToLive = TimeToLive });
        var first = lease.ExpireTime;

        await Wait.UntilAsync(() => lease.ExpireTime > first + (TimeToLive / 2));

        Assert.That(lease.Lost.IsCancellationRequested, Is.False);
        var id = LeaseId.Parse(lease.Id);
        Assert.That(_broker.Memory.Logins[id], Is.EqualTo(lease.ExpireTime).Within(TimeToLive), "the target follows");
        // Not by the grant's two minutes.
        Assert.That(lease.ExpireTime - first, Is.LessThan(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task Lease_that_is_not_renewed_ends_and_tells_its_holder()
    {
        await using var lease = await _task.AcquireAsync(
            "read", "memory/notes", new LeaseOptions { TimeToLive = TimeToLive / 2, Renew = false });

        Assert.That(await Told(lease), Is.EqualTo(EndCause.Expired));
        await _broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == lease.Id && record.Cause == "Expired");
    }

    [Test]
    public async Task Lease_of_a_kind_that_cannot_be_renewed_runs_out_although_it_should_be_renewed()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var lease = await _task.AcquireAsync(
            "read",
            "invoices-api/invoices",
            new LeaseOptions { Credential = CredentialRequests.Certificate(key), TimeToLive = TimeToLive / 2 });

        Assert.That(await Told(lease), Is.EqualTo(EndCause.Expired));
    }

    [Test]
    public async Task Holder_is_told_that_a_lease_ends_soon()
    {
        await using var lease = await _task.AcquireAsync(
            "read", "memory/notes", new LeaseOptions { Renew = false, TimeToLive = TimeSpan.FromSeconds(38) });
        var told = new TaskCompletionSource<DateTimeOffset>();
        lease.EndsSoon += (_, end) => told.TrySetResult(end.ExpireTime);

        // The notice is thirty seconds.
        Assert.That(await told.Task.WaitAsync(Limit), Is.EqualTo(lease.ExpireTime));
    }

    [Test]
    public async Task Use_outside_the_intent_ends_the_lease_at_once()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var certificate = await _task.AcquireAsync(
            "read", "invoices-api/invoices", new LeaseOptions { Credential = CredentialRequests.Certificate(key) });
        using var joined = CredentialRequests.ToCertificate(certificate.Secret.Certificate, key);
        await using var lease = await _task.AcquireAsync(
            "read", "invoices-api/invoices", new LeaseOptions { Credential = CredentialRequests.AccessToken(joined) });
        var told = Told(lease);

        var violations = await lease.ReportUseAsync("curl", "invoices-api/customers", UseOutcome.Succeeded);

        Assert.That(violations.Select(violation => violation.Field), Is.EqualTo(["downstream_resource"]));
        Assert.That(lease.Lost.IsCancellationRequested, "before the lifeline tells");
        Assert.That(await told, Is.EqualTo(EndCause.Violation));
    }

    [Test]
    public async Task Handler_may_end_the_task()
    {
        await using var lease = await _task.AcquireAsync("read", "memory/notes");
        var done = new TaskCompletionSource<bool>();
        // As a handler without async would: by waiting.
        lease.TakenAway += (_, _) => done.SetResult(((IAsyncResult)_task.DisposeAsync().AsTask()).AsyncWaitHandle.WaitOne(Limit));

        await TakeAwayAsync(lease);

        Assert.That(await done.Task.WaitAsync(Limit * 2));
        Assert.That(_task.Ended.IsCancellationRequested);
    }

    [Test]
    public async Task Handler_that_throws_does_not_end_the_lifeline()
    {
        await using var first = await _task.AcquireAsync("read", "memory/notes");
        await using var second = await _task.AcquireAsync("read", "memory/notes");
        first.TakenAway += (_, _) => throw new InvalidOperationException("a handler's own fault");
        first.Lost.Register(() => throw new InvalidOperationException("a callback's own fault"));
        var told = Told(second);

        await TakeAwayAsync(first);
        await Wait.UntilAsync(() => first.Lost.IsCancellationRequested);
        await TakeAwayAsync(second);

        Assert.That(await told, Is.EqualTo(EndCause.Operator));
    }

    private static Task<EndCause> Told(BrokerLease lease)
    {
        var told = new TaskCompletionSource<EndCause>(TaskCreationOptions.RunContinuationsAsynchronously);
        lease.TakenAway += (_, lost) => told.TrySetResult(lost.Cause);
        return told.Task.WaitAsync(Limit);
    }

    private async Task TakeAwayAsync(BrokerLease lease) =>
        await _broker.Services.GetRequiredService<ILeaseStore>().EndAsync(
            LeaseId.Parse(lease.Id), SecretsBroker.Leases.EndCause.Operator, default);
}
