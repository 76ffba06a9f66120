using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using SecretsBroker.Tests.V1;

namespace SecretsBroker.Tests.Compat;

internal sealed class CallCredentialsTests
{
    private X509Certificate2 _certificate = null!;

    [OneTimeSetUp]
    public void Make_certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        _certificate = request.CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));
    }

    [OneTimeTearDown]
    public void Drop_certificate() => _certificate.Dispose();

    [Test]
    public async Task Credentials_of_the_channel_go_with_every_call()
    {
        await using var echo = await StartAsync(ChannelCredentials.Create(ChannelCredentials.SecureSsl, Token("channel")));

        Assert.That(await AuthorizationAsync(echo), Is.EqualTo(new[] { "channel" }));
    }

    [Test]
    public async Task Credentials_of_the_call_go_with_it()
    {
        await using var echo = await StartAsync(ChannelCredentials.SecureSsl);

        Assert.That(
            await AuthorizationAsync(echo, new CallOptions(credentials: Token("call"))), Is.EqualTo(new[] { "call" }));
    }

    [Test]
    public async Task Composed_credentials_go_in_order()
    {
        var composed = CallCredentials.Compose(Token("1"), CallCredentials.Compose(Token("2"), Token("3")), Token("4"));
        string[] expected = ["1", "2", "3", "4"];

        await using (var echo = await StartAsync(ChannelCredentials.Create(ChannelCredentials.SecureSsl, composed)))
            Assert.That(await AuthorizationAsync(echo), Is.EqualTo(expected));
        await using (var echo = await StartAsync(ChannelCredentials.SecureSsl))
            Assert.That(await AuthorizationAsync(echo, new CallOptions(credentials: composed)), Is.EqualTo(expected));
    }

    [Test]
    public async Task Credentials_know_what_they_are_for()
    {
        AuthInterceptorContext? asked = null;
        await using var echo = await StartAsync(ChannelCredentials.SecureSsl);

        await AuthorizationAsync(echo, new CallOptions(credentials: CallCredentials.FromInterceptor((context, _) =>
        {
            asked = context;
            return Task.CompletedTask;
        })));

        Assert.That(asked!.ServiceUrl, Is.EqualTo($"https://{echo.Channel.Target}/secretsbroker.tests.v1.EchoService"));
        Assert.That(asked.MethodName, Is.EqualTo("Say"));
    }

    [Test]
    public async Task Credentials_that_fail_fail_the_call()
    {
        await using var echo = await StartAsync(ChannelCredentials.SecureSsl);
        var broken = CallCredentials.FromInterceptor((_, _) => throw new InvalidOperationException());

        await Assert.ThatAsync(
            () => AuthorizationAsync(echo, new CallOptions(credentials: broken)),
            Throws.TypeOf<RpcException>());
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Peer_is_authenticated_by_its_certificate(bool shown)
    {
        await using var echo = await StartAsync(ChannelCredentials.SecureSsl, shown ? _certificate : null);
        AuthContext? peer = null;
        echo.Script.OnSay = (_, context) =>
        {
            peer = context.AuthContext;
            return Task.FromResult(new SayResponse());
        };

        await echo.Client.SayAsync(new SayRequest());

        Assert.That(peer!.IsPeerAuthenticated, Is.EqualTo(shown));
        Assert.That(peer.PeerIdentity.Select(property => property.Value), Is.EqualTo(shown ? ["localhost"] : Array.Empty<string>()));
        Assert.That(peer.Properties, Is.EquivalentTo(peer.PeerIdentity));
        Assert.That(peer.FindPropertiesByName("no such"), Is.Empty);
    }

    [Test]
    public async Task Credentials_do_not_travel_in_the_clear()
    {
        var insecure = ChannelCredentials.Create(ChannelCredentials.Insecure, Token("secret"));
        Assert.That(
            () => GrpcChannel.ForAddress("http://127.0.0.1:1", new GrpcChannelOptions { Credentials = insecure }),
            Throws.InvalidOperationException);

        await using var echo = await EchoServer.StartAsync();
        Assert.That(await AuthorizationAsync(echo, new CallOptions(credentials: Token("secret"))), Is.Empty);
    }

    [Test]
    public void Channel_checks_that_its_credentials_fit_its_address()
    {
        Assert.That(
            () => GrpcChannel.ForAddress(
                "http://127.0.0.1:1", new GrpcChannelOptions { Credentials = ChannelCredentials.SecureSsl }),
            Throws.InvalidOperationException);
        Assert.That(
            () => GrpcChannel.ForAddress(
                "https://127.0.0.1:1", new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure }),
            Throws.InvalidOperationException);
    }

    private static CallCredentials Token(string token) => CallCredentials.FromInterceptor(async (_, metadata) =>
    {
        await Task.Yield();
        metadata.Add("authorization", token);
    });

    private static async Task<IEnumerable<string>> AuthorizationAsync(EchoServer echo, CallOptions options = default)
    {
        IEnumerable<string>? seen = null;
        echo.Script.OnSay = (_, context) =>
        {
            seen = context.RequestHeaders.GetAll("authorization").SelectMany(entry => entry.Value.Split(", ")).ToArray();
            return Task.FromResult(new SayResponse());
        };
        await echo.Client.SayAsync(new SayRequest(), options);
        return seen!;
    }

    private Task<EchoServer> StartAsync(ChannelCredentials credentials, X509Certificate2? shown = null) => EchoServer.StartAsync(
        channel: new GrpcChannelOptions
        {
            Credentials = credentials,
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    ClientCertificates = shown is null ? null : [shown],
                    RemoteCertificateValidationCallback = (_, seen, _, _) =>
                        seen is not null && seen.GetRawCertData().AsSpan().SequenceEqual(_certificate.RawData),
                },
            },
        },
        certificate: _certificate);
}
