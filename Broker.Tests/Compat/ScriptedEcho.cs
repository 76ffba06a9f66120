using Grpc.Core;
using SecretsBroker.Tests.V1;

namespace SecretsBroker.Tests.Compat;

/// <summary>The echo service whose methods are written by the test.</summary>
internal sealed class ScriptedEcho : EchoService.EchoServiceBase
{
    public UnaryServerMethod<SayRequest, SayResponse> OnSay { get; set; } =
        (request, _) => Task.FromResult(new SayResponse { Text = request.Text });

    public ClientStreamingServerMethod<CollectRequest, CollectResponse> OnCollect { get; set; } =
        async (requests, context) =>
        {
            var response = new CollectResponse();
            await foreach (var request in requests.ReadAllAsync(context.CancellationToken))
                response.Texts.Add(request.Text);
            return response;
        };

    public ServerStreamingServerMethod<RepeatRequest, RepeatResponse> OnRepeat { get; set; } =
        async (request, responses, context) =>
        {
            for (var i = 0; i < request.Times; i++)
                await responses.WriteAsync(new RepeatResponse { Text = $"{request.Text} {i}" }, context.CancellationToken);
        };

    public DuplexStreamingServerMethod<ChatRequest, ChatResponse> OnChat { get; set; } =
        async (requests, responses, context) =>
        {
            await foreach (var request in requests.ReadAllAsync(context.CancellationToken))
                await responses.WriteAsync(new ChatResponse { Text = request.Text.ToUpperInvariant() });
        };

    public override Task<SayResponse> Say(SayRequest request, ServerCallContext context) => OnSay(request, context);

    public override Task<CollectResponse> Collect(
        IAsyncStreamReader<CollectRequest> requestStream, ServerCallContext context) => OnCollect(requestStream, context);

    public override Task Repeat(
        RepeatRequest request, IServerStreamWriter<RepeatResponse> responseStream, ServerCallContext context) =>
        OnRepeat(request, responseStream, context);

    public override Task Chat(
        IAsyncStreamReader<ChatRequest> requestStream,
        IServerStreamWriter<ChatResponse> responseStream,
        ServerCallContext context) => OnChat(requestStream, responseStream, context);
}
