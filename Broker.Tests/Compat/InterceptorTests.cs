using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Tests.V1;

namespace SecretsBroker.Tests.Compat;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class InterceptorTests
{
    private readonly ConcurrentQueue<string> _seen = new();

    private static readonly string[] Kinds = ["Say", "Collect", "Repeat", "Chat"];

    [TestCaseSource(nameof(Kinds))]
    public async Task Server_interceptors_see_every_kind_of_call_in_order(string kind)
    {
        await using var echo = await EchoServer.StartAsync(
            options =>
            {
                options.Interceptors.Add<RecordingInterceptor>("outer", _seen);
                options.Interceptors.Add<RecordingInterceptor>("inner", _seen);
            });

        await CallAsync(echo.Client, kind);

        Assert.That(_seen, Is.EqualTo(new[] { $"outer {kind}", $"inner {kind}", $"inner {kind} done", $"outer {kind} done" }));
    }

    [TestCaseSource(nameof(Kinds))]
    public async Task Client_interceptors_see_every_kind_of_call_in_order(string kind)
    {
        await using var echo = await EchoServer.StartAsync();
        var invoker = echo.Channel.Intercept(
            new RecordingInterceptor("outer", _seen), new RecordingInterceptor("inner", _seen));

        await CallAsync(new EchoService.EchoServiceClient(invoker), kind);

        Assert.That(_seen, Is.EqualTo(new[] { $"outer {kind}", $"inner {kind}" }));
    }

    [Test]
    public async Task Interceptor_added_last_sees_the_call_first()
    {
        await using var echo = await EchoServer.StartAsync();
        var invoker = echo.Channel
            .Intercept(new RecordingInterceptor("first", _seen)).Intercept(new RecordingInterceptor("last", _seen));

        new EchoService.EchoServiceClient(invoker).Say(new SayRequest());

        Assert.That(_seen, Is.EqualTo(new[] { "last Say", "first Say" }));
    }

    [TestCaseSource(nameof(Kinds))]
    public async Task Interceptor_that_overrides_nothing_changes_nothing(string kind)
    {
        await using var echo = await EchoServer.StartAsync(
            options => options.Interceptors.Add<PassiveInterceptor>());

        await CallAsync(new EchoService.EchoServiceClient(echo.Channel.Intercept(new PassiveInterceptor())), kind);
    }

    [TestCaseSource(nameof(Kinds))]
    public async Task Headers_can_be_added_to_every_kind_of_call(string kind)
    {
        await using var echo = await EchoServer.StartAsync(
            options => options.Interceptors.Add<RecordingInterceptor>("", _seen),
            services: services => services.AddSingleton(_seen));
        var invoker = echo.Channel.Intercept(headers =>
        {
            headers.Add("added", kind);
            return headers;
        });

        await CallAsync(new EchoService.EchoServiceClient(invoker), kind, new Metadata { { "given", "1" } });
        Assert.That(_seen, Does.Contain($"added={kind}").And.Contain("given=1"));

        _seen.Clear();
        await CallAsync(new EchoService.EchoServiceClient(invoker), kind);
        Assert.That(_seen, Does.Contain($"added={kind}").And.Not.Contain("given=1"));
    }

    [Test]
    public async Task Server_interceptor_can_refuse_the_call()
    {
        await using var echo = await EchoServer.StartAsync(options => options.Interceptors.Add<RefusingInterceptor>());
        var reached = false;
        echo.Script.OnSay = (_, _) =>
        {
            reached = true;
            return Task.FromResult(new SayResponse());
        };

        await Assert.ThatAsync(
            async () => await echo.Client.SayAsync(new SayRequest()),
            Throws.TypeOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.PermissionDenied));
        Assert.That(reached, Is.False);
    }

    [Test]
    public async Task User_state_goes_from_the_interceptor_to_the_method()
    {
        await using var echo = await EchoServer.StartAsync(options => options.Interceptors.Add<RecordingInterceptor>("who", _seen));
        echo.Script.OnSay = (_, context) =>
            Task.FromResult(new SayResponse { Text = (string)context.UserState["name"] });

        Assert.That((await echo.Client.SayAsync(new SayRequest())).Text, Is.EqualTo("who"));
    }

    private static async Task CallAsync(EchoService.EchoServiceClient client, string kind, Metadata? headers = null)
    {
        switch (kind)
        {
            case "Say":
                Assert.That((await client.SayAsync(new SayRequest { Text = "x" }, headers)).Text, Is.EqualTo("x"));
                break;
            case "Collect":
                using (var call = client.Collect(headers))
                {
                    await call.RequestStream.WriteAsync(new CollectRequest { Text = "x" });
                    await call.RequestStream.CompleteAsync();
                    Assert.That((await call).Texts, Is.EqualTo(new[] { "x" }));
                }

                break;
            case "Repeat":
                using (var call = client.Repeat(new RepeatRequest { Text = "x", Times = 1 }, headers))
                {
                    Assert.That(await call.ResponseStream.MoveNext(), Is.True);
                    Assert.That(await call.ResponseStream.MoveNext(), Is.False);
                }

                break;
            default:
                using (var call = client.Chat(headers))
                {
                    await call.RequestStream.WriteAsync(new ChatRequest { Text = "x" });
                    await call.RequestStream.CompleteAsync();
                    Assert.That(await call.ResponseStream.MoveNext(), Is.True);
                    Assert.That(await call.ResponseStream.MoveNext(), Is.False);
                }

                break;
        }
    }

    private sealed class PassiveInterceptor : Interceptor;

    private sealed class RefusingInterceptor : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            throw new RpcException(new Status(StatusCode.PermissionDenied, "no"));
    }
}
