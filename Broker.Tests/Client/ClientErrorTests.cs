using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Client;
using SecretsBroker.Leases;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;
using TaskOptions = SecretsBroker.Client.TaskOptions;

namespace SecretsBroker.Tests.Client;

/// <summary>What a program can tell from what it catches.</summary>
[TestFixture]
internal sealed class ClientErrorTests
{
    private TestBroker _broker = null!;
    private SecretsBrokerClient _client = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _broker = await TestBroker.StartAsync(options => options.Settings["Issuance:MaxLivePerTask"] = "1");
        _client = _broker.Connect();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Test]
    public async Task Denied_intent_is_an_exception_of_its_own_with_the_decision()
    {
        await using var task = await _client.StartTaskAsync("delete");

        var denied = await Assert.ThrowsAsync<AccessDeniedException>(() => task.AcquireAsync("delete", "invoices-api/invoices"));

        Assert.That((denied!.Reason, denied.IsRetryable), Is.EqualTo(("DENIED", false)));
        Assert.That(denied.DecisionId, Does.StartWith("d-"));
        Assert.That(denied.Message, Does.Contain(denied.DecisionId));
    }

    [Test]
    public async Task Used_up_quota_is_an_exception_of_its_own_and_more_is_given_after_a_lease_is_given_back()
    {
        await using var task = await _client.StartTaskAsync("take too much");
        var lease = await task.AcquireAsync("read", "memory/notes");

        var refused = await Assert.ThrowsAsync<QuotaExceededException>(() => task.AcquireAsync("read", "memory/notes"));
        Assert.That((refused!.Reason, refused.IsRetryable), Is.EqualTo(("TASK_QUOTA", true)));

        await lease.DisposeAsync();
        // It counts until its end is on the record, which may come after the answer that it is gone.
        var (store, id) = (_broker.Services.GetRequiredService<ILeaseStore>(), LeaseId.Parse(lease.Id));
        await Wait.UntilAsync(async () => (await store.FindLeaseAsync(id, default))!.State == SecretsBroker.Leases.LeaseState.Revoked);
        await using var next = await task.AcquireAsync("read", "memory/notes");
        Assert.That(next.Id, Is.Not.EqualTo(lease.Id));
    }

    [Test]
    public async Task Taken_id_and_bad_field_say_so()
    {
        await using var task = await _client.StartTaskAsync("be first", new TaskOptions { Id = "the-task" });

        var taken = await Assert.ThrowsAsync<SecretsBrokerException>(
            () => _client.StartTaskAsync("be second", new TaskOptions { Id = "the-task" }));
        var bad = await Assert.ThrowsAsync<SecretsBrokerException>(() => _client.StartTaskAsync(""));

        Assert.That(taken!.Reason, Is.EqualTo("TASK_CONFLICT"));
        Assert.That((bad!.Reason, bad.IsRetryable), Is.EqualTo(("INVALID_ARGUMENT", false)));
        Assert.That(bad.Message, Does.StartWith("purpose:"));
    }

    [Test]
    public async Task Cancelled_call_is_a_cancellation()
    {
        using var stop = new CancellationTokenSource();
        using var client = _broker.Connect(adapt: options => options.Token = TokenSource.FromCallback(async token =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, token);
            return "";
        }));

        var cancelled = await Assert.ThrowsAsync<OperationCanceledException>(
            () => client.StartTaskAsync("be cancelled", cancellationToken: stop.Token));
        Assert.That(cancelled!.CancellationToken, Is.EqualTo(stop.Token));
    }

    [TestCase(StatusCode.FailedPrecondition, "APPROVAL_NEEDED", typeof(ApprovalNeededException))]
    [TestCase(StatusCode.FailedPrecondition, "SEALED_DELIVERY_NEEDED", typeof(SealedDeliveryNeededException))]
    [TestCase(StatusCode.FailedPrecondition, "TASK_ENDED", typeof(TaskEndedException))]
    [TestCase(StatusCode.FailedPrecondition, "LEASE_NOT_ACTIVE", typeof(SecretsBrokerException))]
    [TestCase(StatusCode.PermissionDenied, "KILLED", typeof(AccessDeniedException))]
    [TestCase(StatusCode.ResourceExhausted, "RATE_LIMIT", typeof(QuotaExceededException))]
    public void Status_with_details_becomes_the_exception_that_fits(StatusCode code, string reason, Type expected)
    {
        var detail = new ErrorDetail { Reason = reason, DecisionId = "d-1" };
        var status = new RpcException(
            new Status(code, "do something else"), new Metadata { { "secretsbroker-error-bin", detail.ToByteArray() } });

        var failure = Statuses.ToException(status);

        Assert.That(failure, Is.TypeOf(expected));
        Assert.That((failure.Reason, failure.Message), Is.EqualTo((reason, "do something else")));
    }

    [TestCase(StatusCode.Unavailable, "UNAVAILABLE", true)]
    [TestCase(StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", true)]
    [TestCase(StatusCode.Internal, "INTERNAL", false)]
    public void Status_without_details_has_a_stable_reason_all_the_same(StatusCode code, string reason, bool retryable)
    {
        var failure = Statuses.ToException(new RpcException(new Status(code, "gone")));

        Assert.That((failure.Reason, failure.IsRetryable), Is.EqualTo((reason, retryable)));
    }
}
