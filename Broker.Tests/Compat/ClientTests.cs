using Grpc.Core;
using Grpc.Core.Interceptors;
using Moq;
using SecretsBroker.Tests.V1;

namespace SecretsBroker.Tests.Compat;

/// <summary>Generated clients: doubles of them for tests, and the host that they name.</summary>
internal sealed class ClientTests
{
    [Test]
    public async Task Client_can_be_doubled()
    {
        var disposed = false;
        var answer = new AsyncUnaryCall<SayResponse>(
            Task.FromResult(new SayResponse { Text = "double" }),
            Task.FromResult(new Metadata { { "header", "h" } }),
            () => Status.DefaultSuccess,
            () => new Metadata { { "trailer", "t" } },
            () => disposed = true);
        var client = new Mock<EchoService.EchoServiceClient>();
        client.Setup(each => each.SayAsync(It.IsAny<SayRequest>(), null, null, CancellationToken.None)).Returns(answer);

        using (var call = client.Object.SayAsync(new SayRequest()))
        {
            Assert.That((await call.ConfigureAwait(false)).Text, Is.EqualTo("double"));
            Assert.That((await call.ResponseHeadersAsync).GetValue("header"), Is.EqualTo("h"));
            Assert.That(call.GetTrailers().GetValue("trailer"), Is.EqualTo("t"));
            Assert.That(call.GetStatus().StatusCode, Is.EqualTo(StatusCode.OK));
            Assert.That(disposed, Is.False);
        }

        Assert.That(disposed, Is.True);
    }

    [Test]
    public void Client_without_a_channel_makes_no_call() =>
        Assert.That(() => new Bare().Say(new SayRequest()), Throws.TypeOf<NotImplementedException>());

    [Test]
    public void Host_is_named_in_every_call()
    {
        var hosts = new List<string?>();
        var client = new EchoService.EchoServiceClient(new Unconnected().Intercept(new HostRecorder(hosts)));

        client.Say(new SayRequest());
        client.WithHost("one").Say(new SayRequest());
        client.WithHost("one").WithHost("two").Say(new SayRequest());

        Assert.That(hosts, Is.EqualTo(new[] { null, "one", "two" }));
    }

    private sealed class Bare : EchoService.EchoServiceClient;

    private sealed class HostRecorder(List<string?> hosts) : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            hosts.Add(context.Host);
            return (TResponse)(object)new SayResponse();
        }
    }

    private sealed class Unconnected() : ChannelBase("nowhere")
    {
        public override CallInvoker CreateCallInvoker() => Mock.Of<CallInvoker>();
    }
}
