using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using SecretsBroker.Tests.V1;

namespace SecretsBroker.Tests.Compat;

internal sealed class ServiceDefinitionTests
{
    [Test]
    public async Task Service_can_be_mapped_by_its_definition()
    {
        await using var server = await GrpcTestServer.StartAsync(
            app => app.MapGrpcService(EchoService.BindService(new ScriptedEcho())));
        using var channel = server.Connect();
        var client = new EchoService.EchoServiceClient(channel);

        Assert.That((await client.SayAsync(new SayRequest { Text = "a" })).Text, Is.EqualTo("a"));
        using var collect = client.Collect();
        await collect.RequestStream.CompleteAsync();
        Assert.That((await collect).Texts, Is.Empty);
        using var repeat = client.Repeat(new RepeatRequest { Times = 1 });
        Assert.That(await repeat.ResponseStream.MoveNext(), Is.True);
        using var chat = client.Chat();
        await chat.RequestStream.CompleteAsync();
        Assert.That(await chat.ResponseStream.MoveNext(), Is.False);
    }

    [Test]
    public void Method_is_added_once()
    {
        var method = new Method<string, string>(
            MethodType.Unary, "package.Service", "Say", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        UnaryServerMethod<string, string> handler = (request, _) => Task.FromResult(request);
        var builder = ServerServiceDefinition.CreateBuilder().AddMethod(method, handler);

        Assert.That(method.FullName, Is.EqualTo("/package.Service/Say"));
        Assert.That(() => builder.AddMethod(method, handler), Throws.ArgumentException);
    }

    [Test]
    public void Binder_that_overrides_nothing_takes_nothing() => Assert.That(
        () => EchoService.BindService(new ServiceBinderBase(), new ScriptedEcho()), Throws.TypeOf<NotImplementedException>());
}
