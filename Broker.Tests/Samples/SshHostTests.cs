using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.Tests.Engines.Ssh;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Samples;

/// <summary>A host that is set up as <c>samples/ssh</c> says: its <c>sshd.conf</c>, its script run as the service runs it, and a broker.</summary>
internal sealed class SshHostTests
{
    private const string Principal = "web-operator";

    private static readonly string _sample = Path.Combine(Repository.Root, "samples", "ssh");

    [Test]
    public async Task Certificate_logs_in_until_its_task_is_done_and_the_host_has_fetched_the_list([Values("ecdsa-p256", "ed25519")] string keyType)
    {
        SshFiles.RequireOpenSsh();
        if (ServerBinary.Find("curl") is null)
        {
            Assert.Ignore("curl is not installed (Debian: apt-get install curl).");
        }

        using var files = new SshFiles();
        await using var broker = await TestBroker.StartAsync(options => options.Catalog = Catalog(keyType));
        using var http = new HttpClient { BaseAddress = broker.Publications };
        Directory.CreateDirectory(AtHost("/etc/ssh/principals/"));
        Directory.CreateDirectory(AtHost("/var/lib/secrets-broker-krl/"));
        await File.WriteAllTextAsync(AtHost("/etc/ssh/secrets-broker-ca.pub"), await http.GetStringAsync("/v1/ssh/hosts/ca.pub"));
        await File.WriteAllTextAsync(AtHost($"/etc/ssh/principals/{SshServer.Account}"), $"{Principal}\n");
        await FetchAsync();
        await using var host = await SshServer.StartAsync((await File.ReadAllLinesAsync(Path.Combine(_sample, "sshd.conf"))).Select(AtHost));

        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("look after the web server");
        await using var other = await client.StartTaskAsync("look after it, too");
        var key = await files.NewKeyAsync("ed25519");
        var (certificate, kept) = (await AcquireAsync(task), await AcquireAsync(other));
        Assert.That((await SshLogin.RunAsync(host, key, certificate)).Output, Is.EqualTo("in\n"));

        await task.CompleteAsync(TaskOutcome.Succeeded);
        await broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Task == task.Id);
        Assert.That((await SshLogin.RunAsync(host, key, certificate)).Output, Is.EqualTo("in\n"), "the host's copy of the list is old");
        await FetchAsync();

        SshLogin.AssertRefused(await SshLogin.RunAsync(host, key, certificate));
        Assert.That((await SshLogin.RunAsync(host, key, kept)).Output, Is.EqualTo("in\n"), "what is not on the list goes on");

        async Task<string> AcquireAsync(BrokerTask of)
        {
            var lease = await of.AcquireAsync(
                "read", "hosts/web", new LeaseOptions { Credential = CredentialRequests.Ssh(await File.ReadAllTextAsync($"{key}.pub")) });
            var path = files.PathOf($"{of.Id}-cert.pub");
            await File.WriteAllTextAsync(path, lease.Secret.Ssh.Certificate);
            return path;
        }

        // As the service's unit runs it.
        async Task FetchAsync()
        {
            var unit = await File.ReadAllLinesAsync(Path.Combine(_sample, "secrets-broker-krl.service"));
            var command = unit.Single(line => line.StartsWith("ExecStart=", StringComparison.Ordinal)).Split(' ');
            Assert.That(command[0], Is.EqualTo("ExecStart=/usr/local/sbin/fetch-krl.sh"));
            var run = await ProgramRun.OfAsync(
                Path.Combine(_sample, "fetch-krl.sh"),
                command[1..].Select(argument => AtHost(argument.Replace("https://broker.example.org:8444/", broker.Publications.ToString(), StringComparison.Ordinal))));
            Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        }

        // What lies below these folders on a host lies in the test's.
        string AtHost(string text) => text
            .Replace("/etc/ssh/", files.PathOf("etc") + "/", StringComparison.Ordinal)
            .Replace("/var/lib/secrets-broker-krl/", files.PathOf("var") + "/", StringComparison.Ordinal);
    }

    private static string Catalog(string keyType) =>
        $$"""
        targets:
          - name: hosts
            engine: ssh
            settings:
              key_file: "{folder}/hosts.key"
              key_type: {{keyType}}
        grants:
          - name: look-after-web
            action: read
            resource: hosts/web
            target: hosts
            default_ttl: 10m
            max_ttl: 10m
            settings:
              principals: [{{Principal}}]
        """;
}
