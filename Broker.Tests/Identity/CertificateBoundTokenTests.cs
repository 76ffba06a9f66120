using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Grpc.Core;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Certificates;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.EndToEnd;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.Identity;

/// <summary>Tokens that only the holder of a certificate may use (RFC 8705 §3).</summary>
internal sealed class CertificateBoundTokenTests
{
    private const string Agent = "spiffe://example.org/agent";

    private readonly TestKey _key = TestKey.Create("ES256", "svid");
    private IdentityRig _rig = null!;
    private TestAuthority _root = null!;

    [SetUp]
    public void Start()
    {
        _rig = new IdentityRig(("TrustDomains:0:Name", "example.org"), ("TrustDomains:0:BundleFile", "{folder}/bundle.json"));
        _root = TestAuthority.Create("example.org", _rig.Time.GetUtcNow());
        _rig.Write(
            "bundle.json",
            TestTokens.Bundle(1, _key).Replace("\"keys\":[", $"\"keys\":[{_root.ToJwk().ToJsonString()},", StringComparison.Ordinal));
    }

    [TearDown]
    public void Stop() => _rig.Dispose();

    [TestCase(false, TestName = "Bound token is believed with a self-signed certificate that is no identity")]
    [TestCase(true, TestName = "Bound token is believed with an SVID of the same workload")]
    public async Task Bound_token_is_believed_with_its_certificate(bool svid)
    {
        var certificate = svid ? _root.Issue(Agent) : _root.IssueWithoutId(leaf => leaf.SelfSigned = true);

        for (var i = 0; i < 2; i++)
        {
            var result = await _rig.Authenticate(Presented(certificate), Token(certificate));

            Assert.That(result.Workload?.Id.Value, Is.EqualTo(Agent));
            Assert.That(result.Workload!.Possession, Is.EqualTo(Possession.Certificate));
        }
    }

    [Test]
    public async Task Bound_token_is_refused_without_its_certificate_even_once_it_is_remembered()
    {
        var certificate = _root.IssueWithoutId();
        var token = Token(certificate);
        await ExpectAsync(AuthenticationFault.BoundCertificateMissing, null, token);
        Assert.That((await _rig.Authenticate(Presented(certificate), token)).Succeeded, Is.True);

        await ExpectAsync(AuthenticationFault.BoundCertificateMissing, null, token);
        await ExpectAsync(AuthenticationFault.BoundCertificateMissing, _root.IssueWithoutId(), token);
        await ExpectAsync(AuthenticationFault.BoundCertificateMissing, _root.Issue(Agent), token);
    }

    [Test]
    public async Task Certificate_with_an_id_must_be_of_the_same_workload_though_the_token_is_bound_to_it()
    {
        var other = _root.Issue("spiffe://example.org/other");
        await ExpectAsync(AuthenticationFault.CredentialsDisagree, other, Token(other));

        var expired = _root.Issue(Agent, leaf => leaf.To = TimeSpan.FromSeconds(-1));
        await ExpectAsync(AuthenticationFault.Expired, expired, Token(expired));
    }

    [Test]
    public async Task Token_bound_to_key_and_certificate_needs_both()
    {
        var certificate = _root.IssueWithoutId();
        var token = Token(certificate, confirmation => confirmation["jkt"] = _key.Thumbprint);

        await ExpectAsync(AuthenticationFault.ProofMissing, certificate, token);
        await ExpectAsync(AuthenticationFault.BoundCertificateMissing, null, token);
    }

    [Test]
    public async Task Fingerprint_of_another_hash_is_no_binding()
    {
        var certificate = _root.IssueWithoutId();
        var token = Token(certificate, confirmation => confirmation["x5t#S256"] = Base64Url.EncodeToString(SHA512.HashData(certificate.RawData)));

        await ExpectAsync(AuthenticationFault.ConfirmationRefused, certificate, token);
    }

    [Test]
    public async Task Stolen_bound_token_is_issued_nothing()
    {
        using var folder = new TemporaryFolder();
        using var issuer = new TestIssuer();
        var (certificateFile, keyFile) = TlsClient.WriteServerCertificate(folder.Path);
        await using var broker = await TestBroker.StartAsync(options =>
        {
            issuer.AddTo(options);
            options.Settings["Listen:Insecure"] = "false";
            options.Settings["Listen:CertificateFile"] = certificateFile;
            options.Settings["Listen:KeyFile"] = keyFile;
            options.Policies = """permit (principal, action, resource) when { principal.proof == "certificate" };""";
        });
        var authority = TestAuthority.Create("agents", TimeProvider.System.GetUtcNow());
        using var certificate = authority.IssueWithoutId(leaf => leaf.SelfSigned = true);
        using var thief = authority.IssueWithoutId(leaf => leaf.SelfSigned = true);
        var headers = new Metadata
        {
            { "authorization", $"Bearer {issuer.Mint("agent", change: claims => claims["cnf"] = Confirmation(certificate))}" },
        };
        using var owner = TlsClient.Connect(broker.Address, certificate);
        var started = await new Proto.TaskService.TaskServiceClient(owner).StartTaskAsync(
            new Proto.StartTaskRequest { Purpose = "a test" }, headers);
        var request = EndToEnd.Agent.Request(started.Task.TaskId, "memory/notes");

        using (var withAnother = TlsClient.Connect(broker.Address, thief))
        using (var without = TlsClient.Connect(broker.Address))
        {
            foreach (var stolen in new[] { withAnother, without })
            {
                await Rpc.RefusedAsync(
                    StatusCode.Unauthenticated, async () => await new Proto.LeaseService.LeaseServiceClient(stolen).IssueLeaseAsync(request, headers));
            }
        }

        Assert.That(await broker.ReadAuditAsync(SecretsBroker.Audit.AuditEventType.Issued), Is.Empty);
        var issued = await new Proto.LeaseService.LeaseServiceClient(owner).IssueLeaseAsync(request, headers);
        Assert.That(issued.Lease.LeaseId, Is.Not.Empty);
    }

    private static JsonObject Confirmation(X509Certificate2 certificate) =>
        new() { ["x5t#S256"] = Base64Url.EncodeToString(SHA256.HashData(certificate.RawData)) };

    private string Token(X509Certificate2 boundTo, Action<JsonObject>? change = null)
    {
        var claims = _rig.SvidClaims(Agent);
        var confirmation = Confirmation(boundTo);
        change?.Invoke(confirmation);
        claims["cnf"] = confirmation;
        return TestTokens.Mint(_key, claims);
    }

    private async Task ExpectAsync(AuthenticationFault fault, X509Certificate2? certificate, string token)
    {
        var result = await _rig.Authenticate(certificate is null ? null : Presented(certificate), token);

        Assert.That(result.Workload, Is.Null);
        Assert.That(result.Fault, Is.EqualTo(fault));
    }

    private static PresentedCertificate Presented(X509Certificate2 leaf) => new(leaf, []);
}
