using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Api;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Hosting;
using SecretsBroker.Identity.Certificates;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.Compat;
using SecretsBroker.Tests.Identity;
using SecretsBroker.Tests.V1;

namespace SecretsBroker.Tests.Api;

/// <summary>The listener's TLS over real connections, at a time that the test sets.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CertificateConnectionTests
{
    private const string Agent = "spiffe://example.org/agent";

    private readonly RecordingAudit _audit = new();
    private readonly ConcurrentQueue<X509Certificate2> _presented = new();
    private readonly TemporaryFolder _folder = new();
    private readonly SteppedTime _time = new();
    private TestAuthority _root = null!;
    private GrpcTestServer _server = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _root = TestAuthority.Create("example.org", _time.GetUtcNow());
        _server = await StartAsync(askForCertificates: true);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    public async Task Service_learns_who_connected()
    {
        using var channel = TlsClient.Connect(_server.Address, _root.Issue(Agent));

        Assert.That(await AskAsync(channel), Is.EqualTo($"{Agent} X509Svid"));
    }

    [Test]
    public async Task Certificate_that_expires_is_refused_on_its_open_connection()
    {
        using var channel = TlsClient.Connect(_server.Address, _root.Issue(Agent));
        await AskAsync(channel);
        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        await AskAsync(channel);

        _time.Advance(TimeSpan.FromSeconds(2));

        await ExpectRefusalAsync(channel);
    }

    [Test]
    public async Task Certificate_that_was_not_valid_at_the_handshake_is_believed_from_when_it_is()
    {
        using var channel = TlsClient.Connect(_server.Address, _root.Issue(Agent, leaf => leaf.From = TimeSpan.FromMinutes(5)));
        await ExpectRefusalAsync(channel);

        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.That(await AskAsync(channel), Does.StartWith(Agent));
    }

    [Test]
    public async Task Bundle_that_is_emptied_counts_on_open_connections()
    {
        using var channel = TlsClient.Connect(_server.Address, _root.Issue(Agent));
        await AskAsync(channel);

        TestTokens.Replace(BundleFile, TestAuthority.Bundle(2));
        _time.Advance(TimeSpan.FromSeconds(1));

        await ExpectRefusalAsync(channel);
    }

    [Test]
    public async Task Listener_that_does_not_ask_gets_no_certificate()
    {
        await using var server = await StartAsync(askForCertificates: false);
        using var channel = TlsClient.Connect(server.Address, _root.Issue(Agent));

        await ExpectRefusalAsync(channel);
    }

    [Test]
    public async Task More_issuers_than_the_limit_are_not_looked_at()
    {
        using var few = ConnectThrough(PresentedCertificate.MaxIssuers);
        using var many = ConnectThrough(PresentedCertificate.MaxIssuers + 1);

        Assert.That(await AskAsync(few), Does.StartWith(Agent));
        await ExpectRefusalAsync(many);
    }

    [Test]
    public async Task Larger_certificates_than_the_limit_are_refused_in_the_handshake()
    {
        // Every name is there twice: in its own certificate, and in the one that it issued.
        using var within = ConnectThrough(2, nameLength: PresentedCertificate.MaxSize / 6);
        using var beyond = ConnectThrough(2, nameLength: PresentedCertificate.MaxSize / 4);

        Assert.That(await AskAsync(within), Does.StartWith(Agent));
        var refusal = await Assert.ThrowsAsync<RpcException>(() => AskAsync(beyond))!;
        Assert.That(refusal!.StatusCode, Is.Not.EqualTo(StatusCode.Unauthenticated), "no call is heard");
    }

    [Test]
    public async Task Certificate_is_let_go_when_its_connection_is_closed()
    {
        X509Certificate2 presented;
        using (var channel = TlsClient.Connect(_server.Address, _root.Issue(Agent)))
        {
            await AskAsync(channel);
            presented = _presented.Single();
            Assert.That(presented.Handle, Is.Not.EqualTo(IntPtr.Zero));
        }

        await Wait.UntilAsync(() => presented.Handle == IntPtr.Zero);
    }

    private string BundleFile => Path.Combine(_folder.Path, "bundle.json");

    private Task<GrpcTestServer> StartAsync(bool askForCertificates)
    {
        var (certificateFile, keyFile) = TlsClient.WriteServerCertificate(_folder.Path);
        var certificate = new ServerCertificate(certificateFile, keyFile, TimeProvider.System, NullLogger<ServerCertificate>.Instance);
        var tls = new ListenerTls(() => certificate.Current, askForCertificates);
        TestTokens.Replace(BundleFile, TestAuthority.Bundle(1, _root));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Identity:Audiences:0"] = IdentityRig.Audience,
            ["Identity:TrustDomains:0:Name"] = "example.org",
            ["Identity:TrustDomains:0:BundleFile"] = BundleFile,
        }).Build();
        return GrpcTestServer.StartAsync(
            app => app.MapGrpcService<ScriptedEcho>(),
            services => services
                .AddSingleton<IConfiguration>(configuration)
                .AddSingleton<TimeProvider>(_time)
                .AddSingleton<IReplayStore>(new InMemoryReplayStore(_time))
                .AddSingleton<IAuditSink>(_audit)
                .AddSingleton(new ScriptedEcho
                {
                    OnSay = (_, context) =>
                    {
                        _presented.Enqueue(context.GetHttpContext().Features.Get<PresentedCertificate>()!.Leaf);
                        return Task.FromResult(new SayResponse { Text = $"{context.GetWorkload().Id} {context.GetWorkload().Method}" });
                    },
                })
                .AddTelemetry(configuration)
                .AddCallAuthentication()
                .AddSingleton(new CallRules(new Dictionary<string, CallRule>(StringComparer.Ordinal)
                {
                    ["/secretsbroker.tests.v1.EchoService/Say"] = CallRule.Authenticated,
                })),
            tls: new TlsHandshakeCallbackOptions { OnConnection = tls.AcceptAsync });
    }

    private GrpcChannel ConnectThrough(int intermediates, int nameLength = 20)
    {
        var chain = new Stack<TestAuthority>([_root]);
        for (var i = 0; i < intermediates; i++)
            chain.Push(chain.Peek().CreateIntermediate($"intermediate {i}".PadRight(nameLength, 'x')));
        return TlsClient.Connect(
            _server.Address, chain.Peek().Issue(Agent), [.. chain.SkipLast(1).Select(authority => authority.Certificate)]);
    }

    private static async Task<string> AskAsync(ChannelBase channel) =>
        (await new EchoService.EchoServiceClient(channel).SayAsync(new SayRequest())).Text;

    private static async Task ExpectRefusalAsync(ChannelBase channel)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(() => AskAsync(channel))!;
        Assert.That(refusal!.StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
    }
}
