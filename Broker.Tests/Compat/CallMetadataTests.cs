using Grpc.Core;
using SecretsBroker.Tests.V1;

namespace SecretsBroker.Tests.Compat;

/// <summary>Headers and trailers, text and binary, both ways.</summary>
internal sealed class CallMetadataTests
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    private EchoServer _echo = null!;

    [SetUp]
    public async Task Start() => _echo = await EchoServer.StartAsync();

    [TearDown]
    public async Task Stop() => await _echo.DisposeAsync();

    [Test]
    public async Task Request_headers_arrive()
    {
        Metadata? seen = null;
        _echo.Script.OnSay = (_, context) =>
        {
            seen = context.RequestHeaders;
            return Task.FromResult(new SayResponse());
        };

        await _echo.Client.SayAsync(
            new SayRequest(), new Metadata { { "Plain", "text" }, { "raw-bin", Bytes } });

        Assert.That(seen!.GetValue("plain"), Is.EqualTo("text"));
        Assert.That(seen.GetValueBytes("raw-bin"), Is.EqualTo(Bytes));
    }

    [Test]
    public async Task Response_headers_arrive_before_the_response()
    {
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _echo.Script.OnSay = async (_, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "early", "bird" }, { "raw-bin", Bytes } });
            await goOn.Task;
            return new SayResponse();
        };
        using var call = _echo.Client.SayAsync(new SayRequest());

        var headers = await call.ResponseHeadersAsync;
        var early = !call.ResponseAsync.IsCompleted;
        goOn.SetResult();
        await call;

        Assert.That(early, Is.True);
        Assert.That(headers.GetValue("early"), Is.EqualTo("bird"));
        Assert.That(headers.GetValueBytes("raw-bin"), Is.EqualTo(Bytes));
    }

    [Test]
    public async Task Trailers_arrive_after_the_response()
    {
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _echo.Script.OnSay = async (_, context) =>
        {
            await goOn.Task;
            context.ResponseTrailers.Add("late", "riser");
            context.ResponseTrailers.Add("raw-bin", Bytes);
            return new SayResponse();
        };
        using var call = _echo.Client.SayAsync(new SayRequest());

        Assert.That(call.GetTrailers, Throws.InvalidOperationException);
        goOn.SetResult();
        await call;

        Assert.That(call.GetTrailers().GetValue("late"), Is.EqualTo("riser"));
        Assert.That(call.GetTrailers().GetValueBytes("raw-bin"), Is.EqualTo(Bytes));
    }

    [Test]
    public async Task Trailers_of_a_stream_arrive_at_its_end()
    {
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _echo.Script.OnRepeat = async (_, responses, context) =>
        {
            await responses.WriteAsync(new RepeatResponse());
            await goOn.Task;
            context.ResponseTrailers.Add("count", "1");
        };
        using var call = _echo.Client.Repeat(new RepeatRequest());

        Assert.That(await call.ResponseStream.MoveNext(), Is.True);
        Assert.That(call.GetTrailers, Throws.InvalidOperationException);
        goOn.SetResult();
        Assert.That(await call.ResponseStream.MoveNext(), Is.False);

        Assert.That(call.GetTrailers().GetValue("count"), Is.EqualTo("1"));
    }
}
