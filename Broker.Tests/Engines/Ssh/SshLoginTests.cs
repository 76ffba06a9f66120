using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Ssh;
using SecretsBroker.Leases;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine;

namespace SecretsBroker.Tests.Engines.Ssh;

/// <summary>Logins at a real host that trusts the broker's authority, maps <c>deploy</c> to its account, and reads the list.</summary>
[TestFixture("ecdsa-p256")]
[TestFixture("ecdsa-p384")]
[TestFixture("ed25519")]
internal sealed class SshLoginTests(string keyType)
{
    private SshFiles _files = null!;
    private SshEngine _engine = null!;
    private SshServer _server = null!;
    private string _key = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        SshFiles.RequireOpenSsh();
        _files = new SshFiles();
        _engine = (SshEngine)new SshEngineType(
            new InMemoryDenyList(TimeProvider.System), TimeProvider.System, NullLogger<SshEngine>.Instance)
            .Create(TestLeases.Target("ssh", new { key_file = _files.PathOf("ca.key"), key_type = keyType }));
        await File.WriteAllTextAsync(_files.PathOf("ca.pub"), _engine.ReadAuthorityLines());
        await File.WriteAllTextAsync(_files.PathOf("principals"), "deploy\n");
        await PublishAsync();
        _key = await _files.NewKeyAsync("ed25519");
        _server = await SshServer.StartAsync(
            $"TrustedUserCAKeys {_files.PathOf("ca.pub")}",
            $"AuthorizedPrincipalsFile {_files.PathOf("principals")}",
            $"RevokedKeys {_files.PathOf("krl")}");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (_engine is not null)
        {
            await _engine.DisposeAsync();
            _files.Dispose();
        }
    }

    [TestCase("ed25519", 0)]
    [TestCase("ecdsa", 384)]
    [TestCase("rsa", 2048)]
    public async Task Certificate_logs_in_until_the_host_has_the_list_that_names_it(string type, int bits)
    {
        var key = await _files.NewKeyAsync(type, bits);
        var (lease, certificate) = await IssueAsync(new { principals = (string[])["deploy"] }, key);
        Assert.That((await LogInAsync(key, certificate)).Output, Is.EqualTo("in\n"));

        await _engine.RevokeAsync(lease, CancellationToken.None);
        Assert.That((await LogInAsync(key, certificate)).Output, Is.EqualTo("in\n"), "the host's copy of the list is old");
        await PublishAsync();

        SshLogin.AssertRefused(await LogInAsync(key, certificate));
    }

    [Test]
    public async Task Certificate_for_other_principals_is_refused() =>
        SshLogin.AssertRefused(await LogInAsync(new { principals = (string[])["backup"] }));

    [Test]
    public async Task Certificate_is_good_from_the_addresses_of_its_grant_only()
    {
        var elsewhere = await LogInAsync(new { principals = (string[])["deploy"], source_addresses = (string[])["192.0.2.0/24"] });
        var here = await LogInAsync(new { principals = (string[])["deploy"], source_addresses = (string[])["192.0.2.0/24", "127.0.0.0/8"] });

        SshLogin.AssertRefused(elsewhere);
        Assert.That(here.Output, Is.EqualTo("in\n"));
    }

    [Test]
    public async Task Forced_command_is_run_whatever_the_client_asks_for()
    {
        var run = await LogInAsync(new { principals = (string[])["deploy"], force_command = "echo 'forced, not' $SSH_ORIGINAL_COMMAND" });

        Assert.That(run.Output, Is.EqualTo("forced, not echo in\n"));
    }

    [Test]
    public async Task Terminal_is_given_only_where_the_grant_gives_it()
    {
        var (_, without) = await IssueAsync(new { principals = (string[])["deploy"] }, _key);
        var (_, with) = await IssueAsync(new { principals = (string[])["deploy"], extensions = (string[])["permit-pty"] }, _key);

        Assert.That((await LogInAsync(_key, without, "test -t 0 && echo terminal", "-tt")).Output, Does.Not.Contain("terminal"));
        Assert.That((await LogInAsync(_key, with, "test -t 0 && echo terminal", "-tt")).Output, Does.Contain("terminal"));
    }

    [Test]
    public async Task Certificate_that_ended_is_refused()
    {
        var request = Request(new { principals = (string[])["deploy"] }, _key, TimeProvider.System.GetUtcNow().AddSeconds(-2));
        using var credential = await _engine.IssueAsync(request, CancellationToken.None);

        SshLogin.AssertRefused(await LogInAsync(_key, _files.Write(credential)));
    }

    [Test]
    public async Task Certificate_is_of_no_use_without_its_key()
    {
        var (_, certificate) = await IssueAsync(new { principals = (string[])["deploy"] }, _key);

        SshLogin.AssertRefused(await LogInAsync(await _files.NewKeyAsync("ed25519"), certificate));
    }

    private async Task<ProgramRun> LogInAsync(object settings)
    {
        var (_, certificate) = await IssueAsync(settings, _key);
        return await LogInAsync(_key, certificate);
    }

    private Task<ProgramRun> LogInAsync(string key, string certificate, string command = "echo in", params string[] options) =>
        SshLogin.RunAsync(_server, key, certificate, command, options);

    private async Task<(Lease Lease, string Certificate)> IssueAsync(object settings, string key)
    {
        var request = Request(settings, key, TimeProvider.System.GetUtcNow().AddMinutes(5));
        using var credential = await _engine.IssueAsync(request, CancellationToken.None);
        return (TestLeases.LeaseOf(request), _files.Write(credential));
    }

    private static IssueRequest Request(object settings, string key, DateTimeOffset expireTime) => TestLeases.Request(
        TestLeases.Grant("ssh", settings), new CredentialInput.Ssh(File.ReadAllText($"{key}.pub")), expireTime);

    /// <summary>Whole and at once, as a host must replace it.</summary>
    private async Task PublishAsync()
    {
        var list = await _engine.ReadRevocationListAsync(CancellationToken.None);
        await File.WriteAllBytesAsync(_files.PathOf("krl.new"), list.Krl.ToArray());
        File.Move(_files.PathOf("krl.new"), _files.PathOf("krl"), overwrite: true);
    }
}
