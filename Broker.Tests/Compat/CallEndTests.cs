using Grpc.Core;
using SecretsBroker.Tests.V1;

namespace SecretsBroker.Tests.Compat;

/// <summary>How a call ends early: deadline, cancellation, disposal, failure.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CallEndTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private EchoServer _echo = null!;

    [SetUp]
    public async Task Start()
    {
        _echo = await EchoServer.StartAsync();
        _echo.Script.OnSay = async (_, context) =>
        {
            await HangAsync(context);
            return new SayResponse();
        };
        _echo.Script.OnRepeat = (_, _, context) => HangAsync(context);
    }

    [TearDown]
    public async Task Stop() => await _echo.DisposeAsync();

    [Test]
    public async Task Deadline_ends_the_call_on_both_sides()
    {
        DateTime? told = null;
        _echo.Script.OnSay = async (_, context) =>
        {
            told = context.Deadline;
            await HangAsync(context);
            return new SayResponse();
        };

        DateTime deadline = default;
        // A busy machine may not have come to the call when its time is over: then the next one has more.
        for (var time = TimeSpan.FromMilliseconds(300); !_begun.Task.IsCompleted && time < Limit; time *= 4)
        {
            deadline = TimeProvider.System.GetUtcNow().UtcDateTime + time;
            var exception = await FailureAsync(_echo.Client.SayAsync(new SayRequest(), deadline: deadline));
            Assert.That(exception.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        }

        await _cancelled.Task.WaitAsync(Limit);
        Assert.That(told, Is.EqualTo(deadline).Within(Limit));
    }

    [Test]
    public async Task Call_without_a_deadline_has_none()
    {
        _echo.Script.OnSay = (_, context) => Task.FromResult(new SayResponse { Text = $"{context.Deadline.Ticks}" });

        Assert.That((await _echo.Client.SayAsync(new SayRequest())).Text, Is.EqualTo($"{DateTime.MaxValue.Ticks}"));
    }

    [Test]
    public async Task Cancellation_reaches_the_server()
    {
        using var cancel = new CancellationTokenSource();
        var call = _echo.Client.SayAsync(new SayRequest(), cancellationToken: cancel.Token);
        await _begun.Task.WaitAsync(Limit);

        await cancel.CancelAsync();

        Assert.That((await FailureAsync(call)).StatusCode, Is.EqualTo(StatusCode.Cancelled));
        await _cancelled.Task.WaitAsync(Limit);
    }

    [Test]
    public async Task Disposing_a_stream_reaches_the_server()
    {
        using (_echo.Client.Repeat(new RepeatRequest()))
            await _begun.Task.WaitAsync(Limit);

        await _cancelled.Task.WaitAsync(Limit);
    }

    [Test]
    public async Task Status_of_the_server_arrives_with_detail_and_trailers()
    {
        byte[] bytes = [0, 1, 0x7f, 0x80, 0xff];
        _echo.Script.OnSay = (_, _) => throw new RpcException(
            new Status(StatusCode.FailedPrecondition, "Zurück: 100 % – nein\n"),
            new Metadata { { "reason", "because" }, { "details-bin", bytes } });

        var exception = await FailureAsync(_echo.Client.SayAsync(new SayRequest()));

        Assert.That(exception.StatusCode, Is.EqualTo(StatusCode.FailedPrecondition));
        Assert.That(exception.Status.Detail, Is.EqualTo("Zurück: 100 % – nein\n"));
        Assert.That(exception.Trailers.GetValue("reason"), Is.EqualTo("because"));
        Assert.That(exception.Trailers.GetValueBytes("details-bin"), Is.EqualTo(bytes));
    }

    [Test]
    public async Task Status_set_on_the_context_arrives()
    {
        _echo.Script.OnRepeat = (_, _, context) =>
        {
            context.Status = new Status(StatusCode.Aborted, "changed my mind");
            return Task.CompletedTask;
        };
        using var call = _echo.Client.Repeat(new RepeatRequest());

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.That(exception!.StatusCode, Is.EqualTo(StatusCode.Aborted));
        Assert.That(call.GetStatus().Detail, Is.EqualTo("changed my mind"));
    }

    [Test]
    public async Task What_an_unforeseen_exception_says_stays_on_the_server()
    {
        _echo.Script.OnSay = (_, _) => throw new InvalidOperationException("the inside");

        var exception = await FailureAsync(_echo.Client.SayAsync(new SayRequest()));

        Assert.That(exception.StatusCode, Is.EqualTo(StatusCode.Unknown));
        Assert.That(exception.Status.Detail, Does.Not.Contain("inside"));
    }

    [Test]
    public async Task Server_that_is_gone_is_unavailable_with_its_cause()
    {
        await _echo.DisposeAsync();
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress($"http://{_echo.Channel.Target}");

        var exception = await FailureAsync(new EchoService.EchoServiceClient(channel).SayAsync(new SayRequest()));

        Assert.That(exception.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(exception.InnerException, Is.SameAs(exception.Status.DebugException).And.Not.Null);
    }

    private static async Task<RpcException> FailureAsync<T>(AsyncUnaryCall<T> call)
    {
        using (call)
        {
            try
            {
                await call;
            }
            catch (RpcException exception)
            {
                return exception;
            }
        }

        throw new AssertionException("The call did not fail.");
    }

    private async Task HangAsync(ServerCallContext context)
    {
        await using var registration = context.CancellationToken.Register(() => _cancelled.TrySetResult());
        _begun.TrySetResult();
        await Task.Delay(Timeout.Infinite, context.CancellationToken);
    }
}
