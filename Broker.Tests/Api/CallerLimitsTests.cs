using Grpc.Core;
using SecretsBroker.Api;
using SecretsBroker.Audit;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Api;

/// <summary>What one authenticated caller cannot take from the others.</summary>
internal sealed class CallerLimitsTests
{
    [Test]
    public async Task Denied_intents_fill_the_audit_log_no_faster_than_the_rate()
    {
        await using var broker = await TestBroker.StartAsync(options => options.Settings["Issuance:MaxIssuesPerMinute"] = "1");
        using var greedy = broker.ConnectRaw();
        var statuses = new List<StatusCode>();

        for (var i = 0; i < CallLimiter.CallsPerIssue + 30; i++)
        {
            statuses.Add(await StatusOfAsync(() => greedy.Leases.IssueLeaseAsync(Unserved, greedy.Options()).ResponseAsync));
        }

        Assert.That(statuses, Does.Contain(StatusCode.PermissionDenied));
        // Not all after the first one: as time goes on, one more may call now and then.
        Assert.That(statuses, Does.Contain(StatusCode.ResourceExhausted));
        var decided = await broker.ReadAuditAsync(AuditEventType.Decided);
        Assert.That(decided, Has.Count.EqualTo(statuses.Count(status => status == StatusCode.PermissionDenied)));
        Assert.That(decided, Has.Count.LessThan(CallLimiter.CallsPerIssue + 30));
        using var other = broker.ConnectRaw("spiffe://dev.local/agent/b");
        Assert.That(
            await StatusOfAsync(() => other.Leases.IssueLeaseAsync(Unserved, other.Options()).ResponseAsync),
            Is.EqualTo(StatusCode.PermissionDenied));
    }

    [Test]
    public async Task Lifelines_beyond_the_limit_are_refused_until_one_is_closed()
    {
        await using var broker = await TestBroker.StartAsync(options => options.Settings["Tasks:MaxLifelinesPerWorkload"] = "2");
        using var caller = broker.ConnectRaw();
        await caller.Tasks.StartTaskAsync(new StartTaskRequest { TaskId = "t", Purpose = "to hold" }, caller.Options());
        using var first = Hold(caller);
        using var second = Hold(caller);
        await first.ResponseStream.MoveNext(CancellationToken.None);
        await second.ResponseStream.MoveNext(CancellationToken.None);

        using (var third = Hold(caller))
        {
            Assert.That(
                await StatusOfAsync(() => third.ResponseStream.MoveNext(CancellationToken.None)),
                Is.EqualTo(StatusCode.ResourceExhausted));
        }

        first.Dispose();
        await Wait.UntilAsync(async () =>
        {
            using var again = Hold(caller);
            return await StatusOfAsync(() => again.ResponseStream.MoveNext(CancellationToken.None)) == StatusCode.OK;
        });
    }

    private static IssueLeaseRequest Unserved => new()
    {
        NewTask = new NewTask(),
        Intent = new Intent { Action = "read", Resource = "nothing/there", Purpose = "to fill the log" },
    };

    private static AsyncServerStreamingCall<HoldTaskResponse> Hold(RawClient caller) =>
        caller.Tasks.HoldTask(new HoldTaskRequest { TaskId = "t" }, caller.Options());

    private static async Task<StatusCode> StatusOfAsync<T>(Func<Task<T>> call)
    {
        try
        {
            await call();
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }
}
