using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using SecretsBroker.Tests.Identity;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>X.509-SVIDs at a broker with TLS, over real connections.</summary>
internal sealed class CertificateTests
{
    private const string Policy = """
        @id("agents-with-certificates-read")
        permit (principal, action == Action::"read", resource) when { principal.method == "x509_svid" };
        @id("agents-with-tokens-read")
        permit (principal, action == Action::"read", resource) when { principal.trust_domain == "dev.local" };
        """;

    private readonly BadCertificates _certificates = new(TimeProvider.System.GetUtcNow());
    private Sandbox _sandbox = null!;
    private BrokerUnderTest _broker = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _sandbox = new Sandbox(BrokerUnderTest.Catalog(), Policy);
        var (certificateFile, keyFile) = TlsClient.WriteServerCertificate(_sandbox.Folder);
        File.WriteAllText(_sandbox.PathOf("example.org.json"), TestAuthority.Bundle(1, _certificates.Root));
        File.WriteAllText(_sandbox.PathOf("other.example.json"), TestAuthority.Bundle(1, _certificates.Other));
        _broker = await BrokerUnderTest.StartAsync(
            _sandbox,
            adapt: null,
            ("Listen:Insecure", "false"),
            ("Listen:CertificateFile", certificateFile),
            ("Listen:KeyFile", keyFile),
            ("Identity:FileCheckInterval", "00:00:00"),
            ("Identity:TrustDomains:1:Name", "example.org"),
            ("Identity:TrustDomains:1:BundleFile", _sandbox.PathOf("example.org.json")),
            ("Identity:TrustDomains:2:Name", "other.example"),
            ("Identity:TrustDomains:2:BundleFile", _sandbox.PathOf("other.example.json")));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }
    }

    [Test]
    public async Task Workload_with_a_certificate_works_like_any_other()
    {
        using var channel = Connect(_certificates.Agent);

        Assert.That(await IssueAsync(channel), Is.Not.Empty);
    }

    [Test]
    public async Task Intermediates_that_are_sent_along_lead_to_the_bundle()
    {
        using var channel = Connect(_certificates.Intermediate.Issue(BadCertificates.Good), _certificates.Intermediate.Certificate);

        Assert.That(await IssueAsync(channel), Is.Not.Empty);
    }

    [TestCaseSource(typeof(BadCertificates), nameof(BadCertificates.Table))]
    public async Task Bad_certificate_is_issued_nothing(BadCertificate bad)
    {
        using var good = Connect(_certificates.Agent);
        var task = await StartTaskAsync(good);
        var issued = _broker.Target.Issued;
        using var channel = Connect(bad.Make(_certificates), bad.Issuers(_certificates));

        var start = await Rpc.RefusedAsync(() => StartTaskAsync(channel));
        var issue = await Rpc.RefusedAsync(
            async () => await new Proto.LeaseService.LeaseServiceClient(channel).IssueLeaseAsync(Agent.Request(task, BrokerUnderTest.Items)));

        // How this client tells of a connection that was broken off depends on when it notices.
        var answers = bad.BreaksHandshake ? new[] { StatusCode.Unavailable, StatusCode.Internal } : [StatusCode.Unauthenticated];
        Assert.That(answers, Does.Contain(start.StatusCode).And.Contain(issue.StatusCode));
        Assert.That(_broker.Target.Issued, Is.EqualTo(issued));
    }

    [Test]
    public async Task Connection_without_a_certificate_works_with_a_token_only()
    {
        using var channel = Connect(null);

        await Rpc.RefusedAsync(StatusCode.Unauthenticated, () => StartTaskAsync(channel));

        Assert.That(await StartTaskAsync(channel, _sandbox.Token("a")), Is.Not.Empty);
    }

    [Test]
    public async Task Certificate_and_token_of_different_workloads_are_refused_together()
    {
        using var channel = Connect(_certificates.Agent);

        await Rpc.RefusedAsync(StatusCode.Unauthenticated, () => StartTaskAsync(channel, _sandbox.Token("a")));

        Assert.That(await StartTaskAsync(channel), Is.Not.Empty, "the certificate alone is good");
    }

    // A client that takes up its TLS session again shows no certificate the second time: whatever is remembered of the first must
    // not stand for it, and the issuers that it sent along must not be missing.
    [Test]
    public async Task New_connection_is_judged_by_its_own_handshake()
    {
        for (var i = 0; i < 3; i++)
        {
            using var known = Connect(_certificates.Intermediate.Issue(BadCertificates.Good), _certificates.Intermediate.Certificate);
            using var stranger = Connect(null);
            using var bad = Connect(_certificates.Stranger.Issue(BadCertificates.Good));

            Assert.That(await StartTaskAsync(known), Is.Not.Empty);
            await Rpc.RefusedAsync(StatusCode.Unauthenticated, () => StartTaskAsync(stranger));
            await Rpc.RefusedAsync(StatusCode.Unauthenticated, () => StartTaskAsync(bad));
        }
    }

    [Test]
    public async Task Bundle_that_is_emptied_ends_what_open_connections_may()
    {
        using var known = Connect(_certificates.Other.Issue("spiffe://other.example/agent"));
        var task = await StartTaskAsync(known);
        TestTokens.Replace(_sandbox.PathOf("other.example.json"), TestAuthority.Bundle(2));

        await Rpc.RefusedAsync(
            StatusCode.Unauthenticated,
            async () => await new Proto.LeaseService.LeaseServiceClient(known).IssueLeaseAsync(Agent.Request(task, BrokerUnderTest.Items)));

        TestTokens.Replace(_sandbox.PathOf("other.example.json"), TestAuthority.Bundle(3, _certificates.Other));
        Assert.That(await IssueAsync(known), Is.Not.Empty);
    }

    private GrpcChannel Connect(X509Certificate2? leaf, params X509Certificate2[] issuers) =>
        TlsClient.Connect(_broker.Address, leaf, issuers);

    private static async Task<string> StartTaskAsync(GrpcChannel channel, string? token = null)
    {
        var headers = token is null ? null : new Metadata { { "authorization", $"Bearer {token}" } };
        var started = await new Proto.TaskService.TaskServiceClient(channel).StartTaskAsync(
            new Proto.StartTaskRequest { Purpose = "a test" }, headers);
        return started.Task.TaskId;
    }

    private static async Task<string> IssueAsync(GrpcChannel channel)
    {
        var task = await StartTaskAsync(channel);
        var response = await new Proto.LeaseService.LeaseServiceClient(channel).IssueLeaseAsync(Agent.Request(task, BrokerUnderTest.Items));
        return response.Lease.LeaseId;
    }
}
