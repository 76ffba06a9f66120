using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Client;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Identity;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Client;

/// <summary>Clients that prove who they are by the X.509-SVID in their files.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CertificateClientTests
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _root = TestAuthority.Create("example.org", TimeProvider.System.GetUtcNow());
    private readonly SteppedTime _time = new();
    private TestBroker _broker = null!;
    private string _listenerCertificate = "";

    [SetUp]
    public async Task StartAsync()
    {
        (_listenerCertificate, var keyFile) = TlsClient.WriteServerCertificate(_folder.Path);
        File.WriteAllText(PathOf("bundle.json"), TestAuthority.Bundle(1, _root));
        _broker = await TestBroker.StartAsync(options =>
        {
            options.Settings["Listen:Insecure"] = "false";
            options.Settings["Listen:CertificateFile"] = _listenerCertificate;
            options.Settings["Listen:KeyFile"] = keyFile;
            options.Settings["Identity:FileCheckInterval"] = "00:00:00";
            options.Settings["Identity:TrustDomains:1:Name"] = "example.org";
            options.Settings["Identity:TrustDomains:1:BundleFile"] = PathOf("bundle.json");
        });
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _broker.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    public async Task Certificate_alone_is_enough()
    {
        WriteSvid("spiffe://example.org/agent");
        using var client = Connect();
        await using var task = await client.StartTaskAsync("work");
        await using var lease = await task.AcquireAsync("read", "memory/notes");

        Assert.That(lease.Secret, Is.Not.Null);
    }

    [Test]
    public async Task Replaced_files_are_shown_from_then_on_and_what_was_open_goes_on()
    {
        WriteSvid("spiffe://example.org/agent");
        using var client = Connect();
        await using var before = await client.StartTaskAsync("work");
        var next = TestAuthority.Create("example.org", TimeProvider.System.GetUtcNow());
        using (var svid = next.Issue("spiffe://example.org/agent"))
            Write(svid);
        // From now on the certificate that the open connection has shown is worth nothing.
        TestTokens.Replace(PathOf("bundle.json"), TestAuthority.Bundle(2, next));
        _time.Advance(TimeSpan.FromSeconds(1));

        await using var after = await client.StartTaskAsync("more work");

        Assert.That(before.Ended.IsCancellationRequested, Is.False, "the lifeline of before");
    }

    [Test]
    public async Task Files_that_do_not_belong_together_are_not_shown()
    {
        WriteSvid("spiffe://example.org/first");
        using var client = Connect();
        using var other = _root.Issue("spiffe://example.org/second");
        File.WriteAllText(PathOf("svid.pem"), other.ExportCertificatePem());
        _time.Advance(TimeSpan.FromSeconds(1));

        await using var task = await client.StartTaskAsync("work");

        Assert.That(await OwnerOfAsync(task.Id, "spiffe://example.org/first"), Is.EqualTo("spiffe://example.org/first"));
    }

    [Test]
    public async Task Command_line_shows_a_certificate()
    {
        WriteSvid("spiffe://example.org/operator");
        using var remote = new RemoteBroker(
            LocalhostOf(_broker.Address), token: null, new FileInfo(_listenerCertificate), RemoteCertificate.Read(new(PathOf("svid.pem")), new(PathOf("svid.key"))));

        var started = await remote.CallAsync(
            (channel, options) => new TaskService.TaskServiceClient(channel).StartTaskAsync(new StartTaskRequest { Purpose = "ask" }, options),
            CancellationToken.None);

        Assert.That(started.Task.Owner, Is.EqualTo("spiffe://example.org/operator"));
    }

    [Test]
    public void Command_line_says_that_the_certificate_was_not_believed()
    {
        using var svid = TestAuthority.Create("example.org", TimeProvider.System.GetUtcNow()).Issue("spiffe://example.org/operator");
        Write(svid);
        using var remote = new RemoteBroker(
            LocalhostOf(_broker.Address), token: null, new FileInfo(_listenerCertificate), RemoteCertificate.Read(new(PathOf("svid.pem")), new(PathOf("svid.key"))));

        Assert.That(
            () => remote.CallAsync(
                (channel, options) => new TaskService.TaskServiceClient(channel).StartTaskAsync(new StartTaskRequest { Purpose = "ask" }, options),
                CancellationToken.None),
            Throws.TypeOf<RemoteException>().With.Message.Contains("does not accept the certificate"));
    }

    [Test]
    public void Command_line_refuses_what_is_no_certificate()
    {
        File.WriteAllText(PathOf("svid.pem"), "nothing");

        Assert.That(
            () => RemoteCertificate.Read(new(PathOf("svid.pem")), new(PathOf("svid.pem"))),
            Throws.TypeOf<RemoteException>().With.Message.Contains("not a PEM certificate and its key"));
    }

    private SecretsBrokerClient Connect() => new(
        new SecretsBrokerOptions
        {
            Address = LocalhostOf(_broker.Address),
            CertificateAuthorityFile = _listenerCertificate,
            CertificateFile = PathOf("svid.pem"),
            KeyFile = PathOf("svid.key"),
        },
        _time);

    /// <summary>Whoever asks may look at no task but its own.</summary>
    private async Task<string> OwnerOfAsync(string task, string workload)
    {
        using var channel = TlsClient.Connect(_broker.Address, _root.Issue(workload));
        return (await new TaskService.TaskServiceClient(channel).GetTaskAsync(new GetTaskRequest { TaskId = task })).Task.Owner;
    }

    private void WriteSvid(string id)
    {
        using var svid = _root.Issue(id);
        Write(svid);
    }

    private void Write(X509Certificate2 svid)
    {
        File.WriteAllText(PathOf("svid.key"), svid.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(PathOf("svid.pem"), svid.ExportCertificatePem());
    }

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private static Uri LocalhostOf(Uri address) => new UriBuilder(address) { Host = "localhost" }.Uri;
}
