using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using SecretsBroker.Configuration;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.V1;
using Spiffe.Workload;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Identity.WorkloadApi;

/// <summary>A broker that has its certificate and its bundles from a SPIFFE agent.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class WorkloadApiTests
{
    private const string Agent = "spiffe://example.org/agent";

    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _root = TestAuthority.Create("example.org", TimeProvider.System.GetUtcNow());
    private readonly TestAuthority _other = TestAuthority.Create("example.org", TimeProvider.System.GetUtcNow());
    private readonly CapturedLog _log = new();
    private readonly TestKey _key = TestKey.Create("ES256", "key");
    private TestWorkloadApi _agent = null!;

    [SetUp]
    public async Task StartAsync() => _agent = await StartAgentAsync();

    [TearDown]
    public async Task StopAsync()
    {
        await _agent.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    public async Task Broker_shows_the_certificate_of_the_agent_with_its_intermediates()
    {
        var intermediate = _root.CreateIntermediate("intermediate");
        using var svid = intermediate.Issue("spiffe://example.org/broker", leaf => leaf.DnsNames.Add("localhost"));
        _agent.Give(svid, intermediate);
        await using var broker = await StartBrokerAsync();
        File.WriteAllText(PathOf("root.pem"), _root.Certificate.ExportCertificatePem());

        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = AuthorityFile.TryTrust(PathOf("root.pem"));
        using var http = new HttpClient(handler);

        Assert.That(await http.GetStringAsync(new Uri(LocalhostOf(broker), "/healthz")), Is.EqualTo("Healthy"));
    }

    [Test]
    public async Task Workloads_are_believed_by_the_bundles_of_the_agent()
    {
        await using var broker = await StartBrokerAsync();
        using var bySvid = Connect(broker, _root.Issue(Agent));
        using var byToken = Connect(broker);

        await Wait.UntilAsync(() => IsBelievedAsync(bySvid));
        await Wait.UntilAsync(() => IsBelievedAsync(byToken, Token()));
    }

    [Test]
    public async Task Rotation_of_the_certificate_drops_no_connection()
    {
        await using var broker = await StartBrokerAsync();
        var shown = new ConcurrentQueue<string>();
        using var open = Connect(broker, _root.Issue(Agent), shown);
        await Wait.UntilAsync(() => IsBelievedAsync(open));
        using var next = IssueForBroker(_root);
        _agent.Give(next);

        await Wait.UntilAsync(async () =>
        {
            var seen = new ConcurrentQueue<string>();
            using var fresh = Connect(broker, _root.Issue(Agent), seen);
            return await IsBelievedAsync(fresh) && seen.Contains(next.Thumbprint);
        });

        Assert.That(await IsBelievedAsync(open), Is.True);
        Assert.That(shown, Has.Count.EqualTo(1), "the open connection is the same");
        Assert.That(shown, Has.None.EqualTo(next.Thumbprint));
    }

    [Test]
    public async Task Rotated_bundle_counts_on_open_connections()
    {
        await using var broker = await StartBrokerAsync();
        using var before = Connect(broker, _root.Issue(Agent));
        using var after = Connect(broker, _other.Issue(Agent));
        await Wait.UntilAsync(() => IsBelievedAsync(before));
        Assert.That(await IsBelievedAsync(after), Is.False);

        _agent.GiveCertificates(("example.org", _other.Certificate.RawData));

        await Wait.UntilAsync(() => IsBelievedAsync(after));
        Assert.That(await IsBelievedAsync(before), Is.False);
    }

    [Test]
    public async Task Trust_domain_that_the_agent_leaves_out_is_trusted_no_longer()
    {
        await using var broker = await StartBrokerAsync();
        using var channel = Connect(broker, _root.Issue(Agent));
        await Wait.UntilAsync(() => IsBelievedAsync(channel));

        _agent.GiveCertificates(("elsewhere.example", _root.Certificate.RawData));

        await Wait.UntilAsync(async () => !await IsBelievedAsync(channel));
    }

    [Test]
    public async Task Agent_that_goes_away_leaves_what_it_said_and_is_heard_again_when_it_is_back()
    {
        await using var broker = await StartBrokerAsync();
        using var channel = Connect(broker, _root.Issue(Agent));
        await Wait.UntilAsync(() => IsBelievedAsync(channel));
        await _agent.DisposeAsync();

        using var fresh = Connect(broker, _root.Issue(Agent));
        Assert.That(await IsBelievedAsync(fresh), Is.True);

        _agent = await StartAgentAsync();
        _agent.GiveCertificates(("example.org", _other.Certificate.RawData));
        using var other = Connect(broker, _other.Issue(Agent));
        await Wait.UntilAsync(() => IsBelievedAsync(other));
    }

    [Test]
    public async Task Agent_that_refuses_is_asked_again()
    {
        _agent.Refusal = StatusCode.PermissionDenied;
        var starting = StartBrokerAsync();
        await Wait.UntilAsync(() => _agent.Streams >= 6);
        Assert.That(starting.IsCompleted, Is.False);

        _agent.Refusal = null;

        await using var broker = await starting;
        using var channel = Connect(broker, _root.Issue(Agent));
        await Wait.UntilAsync(() => IsBelievedAsync(channel));
    }

    [Test]
    public async Task Start_without_an_agent_fails_and_says_why()
    {
        await _agent.DisposeAsync();

        var fault = await Assert.ThrowsAsync<ConfigurationException>(() => StartBrokerAsync("00:00:01"));

        Assert.That(fault!.Faults, Has.One.Contains("gave no certificate within 00:00:01"));
    }

    [TestCase("no SVID")]
    [TestCase("no certificate")]
    [TestCase("no DER")]
    [TestCase("another key")]
    [TestCase("no key")]
    [TestCase("expired")]
    public async Task Certificate_that_cannot_be_used_changes_nothing(string what)
    {
        await using var broker = await StartBrokerAsync();
        var shown = new ConcurrentQueue<string>();
        using var channel = Connect(broker, _root.Issue(Agent), shown);
        await Wait.UntilAsync(() => IsBelievedAsync(channel));
        using var bad = IssueForBroker(_root, leaf => leaf.To = what == "expired" ? TimeSpan.FromSeconds(-1) : leaf.To);
        using var other = IssueForBroker(_root);
        var svid = new X509SVID
        {
            X509Svid = what switch
            {
                "no certificate" => ByteString.Empty,
                "no DER" => ByteString.CopyFromUtf8("certificate"),
                _ => ByteString.CopyFrom(bad.RawData),
            },
            X509SvidKey = what switch
            {
                "another key" => ByteString.CopyFrom(other.GetECDsaPrivateKey()!.ExportPkcs8PrivateKey()),
                "no key" => ByteString.Empty,
                _ => ByteString.CopyFrom(bad.GetECDsaPrivateKey()!.ExportPkcs8PrivateKey()),
            },
        };
        var response = new X509SVIDResponse();
        if (what != "no SVID")
            response.Svids.Add(svid);

        _agent.Give(response);
        await Wait.UntilAsync(() => _log.Messages.Any(message => message.Contains("for the listener's certificate was refused", StringComparison.Ordinal)));
        using var next = IssueForBroker(_root);
        _agent.Give(next);

        await Wait.UntilAsync(async () =>
        {
            var seen = new ConcurrentQueue<string>();
            using var fresh = Connect(broker, _root.Issue(Agent), seen);
            Assert.That(await IsBelievedAsync(fresh), Is.True);
            Assert.That(seen, Has.None.EqualTo(bad.Thumbprint));
            return seen.Contains(next.Thumbprint);
        });
        Assert.That(_agent.Streams, Is.AtMost(3), "no stream was broken off");
    }

    private async Task<TestWorkloadApi> StartAgentAsync()
    {
        var agent = await TestWorkloadApi.StartAsync(PathOf("agent.sock"));
        using var svid = IssueForBroker(_root);
        agent.Give(svid);
        agent.GiveCertificates(("example.org", _root.Certificate.RawData));
        // As SPIRE writes it: without "use".
        var jwk = _key.ToJwk(use: null);
        agent.GiveKeys(("example.org", $$"""{"keys":[{{jwk.ToJsonString()}}]}"""));
        return agent;
    }

    private Task<TestBroker> StartBrokerAsync(string startTimeout = "00:01:00") => TestBroker.StartAsync(options =>
    {
        options.Adapt = builder => builder.Logging.AddProvider(_log);
        options.Settings["Listen:Insecure"] = "false";
        options.Settings["Listen:WorkloadApi"] = "true";
        options.Settings["Identity:WorkloadApi:Socket"] = $"unix://{PathOf("agent.sock")}";
        options.Settings["Identity:WorkloadApi:StartTimeout"] = startTimeout;
        options.Settings["Identity:TrustDomains:1:Name"] = "example.org";
        options.Settings["Identity:TrustDomains:1:WorkloadApi"] = "true";
    });

    private static X509Certificate2 IssueForBroker(TestAuthority authority, Action<TestLeaf>? adapt = null) =>
        authority.Issue("spiffe://example.org/broker", adapt);

    private static GrpcChannel Connect(TestBroker broker, X509Certificate2? leaf = null, ConcurrentQueue<string>? shown = null) =>
        GrpcChannel.ForAddress(broker.Address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    {
                        shown?.Enqueue(((X509Certificate2)certificate!).Thumbprint);
                        return certificate is { Subject: "O=tests" };
                    },
                    ClientCertificateContext = leaf is null ? null : SslStreamCertificateContext.Create(leaf, [], offline: true),
                },
            },
            DisposeHttpClient = true,
        });

    private static async Task<bool> IsBelievedAsync(GrpcChannel channel, string? token = null)
    {
        try
        {
            var headers = token is null ? null : new Metadata { { "authorization", $"Bearer {token}" } };
            await new TaskService.TaskServiceClient(channel).StartTaskAsync(new StartTaskRequest { Purpose = "a test" }, headers);
            return true;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unauthenticated)
        {
            return false;
        }
    }

    private string Token() => TestTokens.Mint(
        _key, TestTokens.SvidClaims(Agent, TestBroker.Audience, TimeProvider.System.GetUtcNow()));

    private static Uri LocalhostOf(TestBroker broker) => new UriBuilder(broker.Address) { Host = "localhost" }.Uri;

    private string PathOf(string name) => Path.Combine(_folder.Path, name);
}
