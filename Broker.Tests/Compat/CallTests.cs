using Grpc.Core;
using SecretsBroker.Tests.V1;

namespace SecretsBroker.Tests.Compat;

/// <summary>Each kind of call, over the real server and the real client.</summary>
internal sealed class CallTests
{
    private EchoServer _echo = null!;

    [SetUp]
    public async Task Start() => _echo = await EchoServer.StartAsync();

    [TearDown]
    public async Task Stop() => await _echo.DisposeAsync();

    [Test]
    public async Task Unary_call_brings_the_response()
    {
        using var call = _echo.Client.SayAsync(new SayRequest { Text = "hello" });

        Assert.That((await call).Text, Is.EqualTo("hello"));
        Assert.That(call.GetStatus().StatusCode, Is.EqualTo(StatusCode.OK));
    }

    [Test]
    public void Blocking_call_brings_the_response() =>
        Assert.That(_echo.Client.Say(new SayRequest { Text = "hello" }).Text, Is.EqualTo("hello"));

    [Test]
    public async Task Client_stream_arrives_in_order()
    {
        using var call = _echo.Client.Collect();
        foreach (var text in new[] { "a", "b", "c" })
            await call.RequestStream.WriteAsync(new CollectRequest { Text = text });
        await call.RequestStream.CompleteAsync();

        Assert.That((await call).Texts, Is.EqualTo(new[] { "a", "b", "c" }));
    }

    [Test]
    public async Task Server_stream_arrives_in_order()
    {
        using var call = _echo.Client.Repeat(new RepeatRequest { Text = "x", Times = 100 });

        var texts = new List<string>();
        await foreach (var response in call.ResponseStream.ReadAllAsync())
            texts.Add(response.Text);

        Assert.That(texts, Is.EqualTo(Enumerable.Range(0, 100).Select(i => $"x {i}")));
    }

    [Test]
    public async Task Duplex_call_goes_to_and_fro()
    {
        using var call = _echo.Client.Chat();
        foreach (var text in new[] { "a", "b", "c" })
        {
            await call.RequestStream.WriteAsync(new ChatRequest { Text = text });
            Assert.That(await call.ResponseStream.MoveNext(), Is.True);
            Assert.That(call.ResponseStream.Current.Text, Is.EqualTo(text.ToUpperInvariant()));
        }

        await call.RequestStream.CompleteAsync();
        Assert.That(await call.ResponseStream.MoveNext(), Is.False);
    }

    [Test]
    public async Task Server_tells_what_it_knows_of_the_call()
    {
        _echo.Script.OnSay = (_, context) => Task.FromResult(new SayResponse
        {
            Text = $"{context.Method} {context.Host} {context.Peer} {context.AuthContext.IsPeerAuthenticated}",
        });

        var response = await _echo.Client.SayAsync(new SayRequest());

        var words = response.Text.Split(' ');
        Assert.That(words[0], Is.EqualTo("/secretsbroker.tests.v1.EchoService/Say"));
        Assert.That(words[1], Is.EqualTo(_echo.Channel.Target));
        Assert.That(words[2], Does.StartWith("ipv4:127.0.0.1:"));
        Assert.That(words[3], Is.EqualTo("False"));
    }

    [Test]
    public async Task Method_that_is_not_there_is_unimplemented()
    {
        var other = new Grpc.Health.V1.Health.HealthClient(_echo.Channel);

        await Assert.ThatAsync(
            async () => await other.CheckAsync(new Grpc.Health.V1.HealthCheckRequest()),
            Throws.TypeOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.Unimplemented));
    }

    [Test]
    public async Task Connection_state_is_told()
    {
        Assert.That(_echo.Channel.State, Is.EqualTo(ConnectivityState.Idle));
        await _echo.Channel.ConnectAsync();
        Assert.That(_echo.Channel.State, Is.EqualTo(ConnectivityState.Ready));
        _echo.Channel.Dispose();
        Assert.That(_echo.Channel.State, Is.EqualTo(ConnectivityState.Shutdown));
    }
}
