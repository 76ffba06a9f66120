using SecretsBroker.Client;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Engines.Ssh;

/// <summary>From an agent's client library to the list that hosts fetch.</summary>
internal sealed class SshEndToEndTests
{
    [Test]
    public async Task Agents_certificate_is_on_the_published_list_when_its_task_is_done()
    {
        SshFiles.RequireOpenSsh();
        using var files = new SshFiles();
        await using var broker = await TestBroker.StartAsync(options => options.Catalog =
            """
            targets:
              - name: hosts
                engine: ssh
                settings:
                  key_file: "{folder}/hosts.key"
            grants:
              - name: restart-web
                action: read
                resource: hosts/web
                target: hosts
                default_ttl: 2m
                max_ttl: 10m
                settings:
                  principals: [web-operator]
                  force_command: systemctl restart web
            """);
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("restart the web server");
        var publicKey = await File.ReadAllTextAsync(await files.NewKeyAsync("ed25519") + ".pub");
        var lease = await task.AcquireAsync("read", "hosts/web", new LeaseOptions { Credential = CredentialRequests.Ssh(publicKey) });
        var certificate = files.PathOf("id-cert.pub");
        await File.WriteAllTextAsync(certificate, lease.Secret.Ssh.Certificate);
        Assert.That(await SshFiles.DescribeAsync(certificate), Does.Contain($"Serial: {lease.Secret.Ssh.SerialNumber}\n"));
        Assert.That(lease.Secret.Ssh.Principals, Is.EqualTo((string[])["web-operator"]));
        Assert.That(await IsRevokedAsync(), Is.False);

        await task.CompleteAsync(TaskOutcome.Succeeded);

        Assert.That(await IsRevokedAsync(), Is.True);

        async Task<bool> IsRevokedAsync()
        {
            using var http = new HttpClient { BaseAddress = broker.Publications };
            await File.WriteAllBytesAsync(files.PathOf("krl"), await http.GetByteArrayAsync("/v1/ssh/hosts/krl"));
            var run = await ProgramRun.OfAsync("ssh-keygen", ["-Q", "-f", files.PathOf("krl"), certificate]);
            Assert.That(run.Output, Does.EndWith(run.ExitCode == 0 ? ": ok\n" : ": REVOKED\n"));
            return run.ExitCode != 0;
        }
    }
}
