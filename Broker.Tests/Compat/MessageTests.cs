using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using SecretsBroker.Tests.V1;

namespace SecretsBroker.Tests.Compat;

/// <summary>The size and the encoding of messages.</summary>
internal sealed class MessageTests
{
    private const int Limit = 1000;

    [Test]
    public async Task Large_message_within_the_limits_arrives_whole()
    {
        await using var echo = await EchoServer.StartAsync(
            options => options.MaxReceiveMessageSize = null, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        var text = new string('x', 20_000_000);

        Assert.That((await echo.Client.SayAsync(new SayRequest { Text = text })).Text, Is.EqualTo(text));
    }

    [Test]
    public async Task Request_over_the_servers_limit_is_refused()
    {
        await using var echo = await EchoServer.StartAsync(options => options.MaxReceiveMessageSize = Limit);

        await Assert.ThatAsync(() => SayAsync(echo, Limit + 1), Refused());
        Assert.That(await SayAsync(echo, Limit / 2), Is.EqualTo(Limit / 2));
    }

    [Test]
    public async Task Response_over_the_clients_limit_is_refused()
    {
        await using var echo = await EchoServer.StartAsync(
            channel: new GrpcChannelOptions { MaxReceiveMessageSize = Limit });

        await Assert.ThatAsync(() => SayAsync(echo, Limit + 1), Refused());
    }

    [Test]
    public async Task Message_over_the_default_limit_is_refused()
    {
        await using var echo = await EchoServer.StartAsync();

        await Assert.ThatAsync(() => SayAsync(echo, 4 * 1024 * 1024), Refused());
    }

    [TestCase("gzip")]
    [TestCase("deflate")]
    public async Task Messages_are_compressed_both_ways(string encoding)
    {
        using var wire = new EncodingsOnTheWire();
        await using var echo = await EchoServer.StartAsync(
            options =>
            {
                options.CompressionProviders = [Provider(encoding)];
                options.ResponseCompressionAlgorithm = encoding;
            },
            new GrpcChannelOptions { CompressionProviders = [Provider(encoding)], HttpHandler = wire });
        var text = string.Concat(Enumerable.Range(0, 10_000));

        var response = await echo.Client.SayAsync(
            new SayRequest { Text = text }, new Metadata { { "grpc-internal-encoding-request", encoding } });

        Assert.That(response.Text, Is.EqualTo(text));
        Assert.That(wire.Seen, Is.EqualTo(new[] { $"request {encoding}", $"response {encoding}" }));
    }

    [TestCase("gzip", 0x1f, 0x8b)]
    [TestCase("deflate", 0x78, 0x9c)]
    public void Encodings_are_those_of_http(string encoding, byte first, byte second)
    {
        var provider = Provider(encoding);
        using var encoded = new MemoryStream();
        using (var stream = provider.CreateCompressionStream(encoded, CompressionLevel.Optimal))
            stream.Write("some text"u8);

        Assert.That(provider.EncodingName, Is.EqualTo(encoding));
        Assert.That(encoded.ToArray()[..2], Is.EqualTo(new[] { first, second }));
        encoded.Position = 0;
        using var decoded = new StreamReader(provider.CreateDecompressionStream(encoded));
        Assert.That(decoded.ReadToEnd(), Is.EqualTo("some text"));
    }

    [Test]
    public async Task Write_options_are_taken()
    {
        await using var echo = await EchoServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");
        echo.Script.OnRepeat = async (_, responses, context) =>
        {
            context.WriteOptions = new WriteOptions(WriteFlags.NoCompress | WriteFlags.BufferHint);
            await responses.WriteAsync(new RepeatResponse { Text = $"{responses.WriteOptions!.Flags}" });
        };

        using var call = echo.Client.Repeat(new RepeatRequest());

        Assert.That(await call.ResponseStream.MoveNext(), Is.True);
        Assert.That(call.ResponseStream.Current.Text, Is.EqualTo("BufferHint, NoCompress"));
    }

    private static ICompressionProvider Provider(string encoding) => encoding == "gzip"
        ? new GzipCompressionProvider(CompressionLevel.Optimal)
        : new DeflateCompressionProvider(CompressionLevel.Optimal);

    private static NUnit.Framework.Constraints.IResolveConstraint Refused() =>
        Throws.TypeOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.ResourceExhausted);

    private static async Task<int> SayAsync(EchoServer echo, int length) =>
        (await echo.Client.SayAsync(new SayRequest { Text = new string('x', length) })).Text.Length;

    private sealed class EncodingsOnTheWire() : DelegatingHandler(new SocketsHttpHandler())
    {
        public List<string> Seen { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Seen.AddRange(request.Headers.GetValues("grpc-encoding").Select(encoding => $"request {encoding}"));
            var response = await base.SendAsync(request, cancellationToken);
            Seen.AddRange(response.Headers.GetValues("grpc-encoding").Select(encoding => $"response {encoding}"));
            return response;
        }
    }
}
