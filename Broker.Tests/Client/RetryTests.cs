using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Client;

/// <summary>What is repeated when an answer is lost, and what that leaves behind.</summary>
[TestFixture]
internal sealed class RetryTests
{
    private LostAnswers _lost = null!;
    private TestBroker _broker = null!;
    private SecretsBrokerClient _client = null!;

    [SetUp]
    public async Task Start()
    {
        _lost = new LostAnswers();
        _broker = await TestBroker.StartAsync(options => options.Adapt = builder =>
        {
            builder.Services.AddSingleton(_lost);
            builder.Services.Configure<GrpcServiceOptions>(grpc => grpc.Interceptors.Add<LostAnswers>());
        });
        _client = _broker.Connect();
    }

    [TearDown]
    public async Task Stop()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Test]
    public async Task Lost_answer_to_an_issue_leaves_one_live_lease()
    {
        await using var task = await _client.StartTaskAsync("lose an answer");
        _lost.Next("IssueLease");

        await using var lease = await task.AcquireAsync("read", "memory/notes");

        Assert.That(_broker.Memory.Issued, Is.EqualTo(2), "the first one was made");
        await Wait.UntilAsync(() => _broker.Memory.Logins.Count == 1);
        Assert.That(_broker.Memory.Logins.Keys.Single().Value, Is.EqualTo(lease.Id));
        await _broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Cause == "Replaced");
    }

    [Test]
    public async Task Lost_answer_to_a_start_finds_the_same_task()
    {
        _lost.Next("StartTask");

        await using var task = await _client.StartTaskAsync("lose an answer");

        var started = await _broker.ReadAuditAsync(AuditEventType.TaskStarted);
        Assert.That(started.Select(record => record.Task), Is.EqualTo([task.Id]));
    }

    [Test]
    public async Task Lost_answer_to_the_end_is_repeated()
    {
        await using var task = await _client.StartTaskAsync("lose an answer");
        _lost.Next("CompleteTask");

        await task.CompleteAsync(TaskOutcome.Succeeded);

        Assert.That(task.Outcome, Is.EqualTo(TaskOutcome.Succeeded));
    }

    [Test]
    public async Task Call_is_not_repeated_more_often_than_allowed()
    {
        using var client = _broker.Connect(adapt: options => options.MaxAttempts = 2);
        _lost.Next("StartTask", times: 2);

        var failure = await Assert.ThrowsAsync<SecretsBrokerException>(() => client.StartTaskAsync("give up"));

        Assert.That((failure!.Reason, failure.IsRetryable), Is.EqualTo(("UNAVAILABLE", true)));
        Assert.That(_lost.Left, Is.Zero);
    }

    /// <summary>Does what is asked for, and lets the answer be lost on the way.</summary>
    private sealed class LostAnswers : Interceptor
    {
        private string _method = "";
        private int _left;

        public int Left => Volatile.Read(ref _left);

        public void Next(string method, int times = 1)
        {
            _method = method;
            Volatile.Write(ref _left, times);
        }

        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            var response = await continuation(request, context);
            return context.Method.EndsWith("/" + _method, StringComparison.Ordinal) && Interlocked.Decrement(ref _left) >= 0
                ? throw new RpcException(new Status(StatusCode.Unavailable, "the connection broke"))
                : response;
        }
    }
}
