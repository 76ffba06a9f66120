using Grpc.Core;
using Microsoft.AspNetCore.Http;
using SecretsBroker.Engines;
using SecretsBroker.Tests.Engines.Commands;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>What becomes of calls that an engine does not answer, or answers with a status.</summary>
internal sealed class EngineFailureTests : ExternalEngineFixture
{
    [Test]
    public async Task Deaf_engine_is_given_up_after_the_targets_time()
    {
        var called = new TaskCompletionSource<ServerCallContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        Process.Answer = async (made, context) =>
        {
            called.TrySetResult(context);
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return made;
        };
        await using var engine = EngineOf(timeout: TimeSpan.FromSeconds(2));

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.IssueAsync(TestExternal.Request(), Token));

        Assert.That(failure!.IsTransient, Is.True);
        Assert.That(Counted(), Is.EqualTo(new[] { "not_in_time" }));
        if (called.Task.IsCompleted)
        {
            Assert.That((await called.Task).Deadline, Is.LessThan(DateTime.MaxValue));
        }
    }

    [Test]
    public async Task Issue_whose_caller_gave_up_is_cancelled_at_the_engine()
    {
        await using var engine = EngineOf(timeout: TimeSpan.FromHours(1));

        await GiveUpAsync(engine);

        Assert.That(Counted(), Is.EqualTo(new[] { "given_up" }), "the engine is not slow");
    }

    /// <summary>As a rule the broker's own limit, which began a moment before, ends the call.</summary>
    [Test]
    public async Task Issue_that_is_given_up_when_the_targets_time_is_over_was_not_answered_in_time()
    {
        await using var engine = EngineOf(timeout: TimeSpan.FromMinutes(30), time: new NoTimeToEnd());

        await GiveUpAsync(engine);

        Assert.That(Counted(), Is.EqualTo(new[] { "not_in_time" }));
    }

    [Test]
    public async Task Issue_that_is_given_up_when_the_leases_time_is_over_was_not_answered_in_time()
    {
        await using var engine = EngineOf(timeout: TimeSpan.FromHours(4), time: new NoTimeToEnd());
        var request = TestExternal.Request();

        await GiveUpAsync(engine, request with { Intent = request.Intent with { TimeToLive = TimeSpan.FromMinutes(30) } });

        Assert.That(Counted(), Is.EqualTo(new[] { "not_in_time" }));
    }

    [Test]
    public async Task Engine_that_ends_a_call_itself_answers_with_a_status()
    {
        Process.Answer = (_, _) => throw new RpcException(new Status(StatusCode.Cancelled, Canary));

        Assert.That((await FailureOfAsync()).IsTransient, Is.True);
        Assert.That(Counted(), Is.EqualTo(new[] { "status" }));
    }

    [Test]
    public async Task Engine_that_crashes_while_it_issues_may_be_asked_again()
    {
        Process.Answer = (made, context) =>
        {
            context.GetHttpContext().Abort();
            return Task.FromResult(made);
        };
        var request = TestExternal.Request();

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(request, Token));

        Assert.That(failure!.IsTransient, Is.True);
        await Engine.RevokeAsync(TestLeases.LeaseOf(request), Token);
        Assert.That(Process.Accounts.IsRevoked(request.LeaseId.Value), Is.True);
    }

    [Test]
    public async Task What_an_engine_says_of_its_failure_goes_nowhere(
        [Values(StatusCode.Unavailable, StatusCode.Internal, StatusCode.Unknown, StatusCode.FailedPrecondition, StatusCode.PermissionDenied)] StatusCode status)
    {
        Process.Answer = (_, _) => throw new RpcException(new Status(status, Canary), new Metadata { { "x-canary", Canary } });

        var failure = await FailureOfAsync();

        Assert.That(failure.ToString(), Does.Not.Contain(Canary));
        Assert.That(failure.Message, Is.EqualTo($"target external-target: issuing ended with {status}"));
        Assert.That(failure.IsTransient, Is.EqualTo(status is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown));
        Assert.That(Counted(), Is.EqualTo(new[] { status == StatusCode.Unavailable ? "unreachable" : "status" }));
    }

    [Test]
    public async Task Input_that_the_engine_refuses_is_the_callers_fault()
    {
        Process.Answer = (_, _) => throw new RpcException(new Status(StatusCode.InvalidArgument, Canary));

        var failure = await Assert.ThrowsAsync<CredentialInputException>(async () => await Engine.IssueAsync(TestExternal.Request(), Token));

        Assert.That(failure!.ToString(), Does.Not.Contain(Canary).And.Contains("credential.external.input"));
        Assert.That(Counted(), Is.Empty);
    }

    [Test]
    public async Task Socket_that_everybody_can_write_to_is_not_used()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Process.Socket, File.GetUnixFileMode(Process.Socket) | UnixFileMode.OtherWrite);
        }

        var failure = await FailureOfAsync();

        Assert.That(failure.IsTransient, Is.False);
        Assert.That(failure.Message, Does.StartWith("target external-target: its socket can be written to by everybody"));
        Assert.That(Counted(), Is.EqualTo(new[] { "not_trusted" }));
        Assert.That(Process.Issues, Is.Empty);
    }

    [Test]
    public async Task Socket_at_which_nobody_listens_may_be_tried_again()
    {
        await Process.StopAsync();

        Assert.That((await FailureOfAsync()).IsTransient, Is.True);
        Assert.That(Counted(), Is.EqualTo(new[] { "unreachable" }));
    }

    /// <summary>Once the engine is about it.</summary>
    private async Task GiveUpAsync(ICredentialEngine engine, IssueRequest? request = null)
    {
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Process.Answer = async (made, context) =>
        {
            await using var _ = context.CancellationToken.Register(() => cancelled.TrySetResult());
            called.TrySetResult();
            await cancelled.Task;
            return made;
        };
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var issue = engine.IssueAsync(request ?? TestExternal.Request(), cancel.Token).AsTask();
        await called.Task.WaitAsync(Token);

        await cancel.CancelAsync();

        await Assert.CatchAsync<OperationCanceledException>(() => issue);
        await cancelled.Task.WaitAsync(Token);
    }
}
