using System.Runtime.Versioning;
using SecretsBroker.Engines;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Engines.Ssh;
using SecretsBroker.Tests.Publication;

namespace SecretsBroker.Tests.Samples;

/// <summary>The script of <c>samples/ssh</c>, run as its service would against what a broker publishes.</summary>
internal sealed class FetchKrlTests
{
    private PublicationHost _host = null!;
    private SshFiles _files = null!;

    private string Krl => _files.PathOf("krl");

    [SetUp]
    public async Task Start()
    {
        SshFiles.RequireOpenSsh();
        if (ServerBinary.Find("curl") is null)
        {
            Assert.Ignore("curl is not installed (Debian: apt-get install curl).");
        }

        _files = new SshFiles();
        _host = await PublicationHost.StartAsync();
        await File.WriteAllTextAsync(_files.PathOf("ca.pub"), _host.Ssh.ReadAuthorityLines());
    }

    [TearDown]
    public async Task Stop()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
            _files.Dispose();
        }
    }

    [Test]
    [UnsupportedOSPlatform("windows")]
    public async Task Copy_of_the_host_names_what_was_revoked_after_the_next_fetch()
    {
        var key = await _files.NewKeyAsync("ed25519");
        var request = TestLeases.Request(
            TestLeases.Grant("ssh", new { principals = (string[])["deploy"] }),
            new CredentialInput.Ssh(await File.ReadAllTextAsync($"{key}.pub")),
            _host.Time.GetUtcNow().AddMinutes(5));
        using var credential = await _host.Ssh.IssueAsync(request, CancellationToken.None);
        var certificate = _files.Write(credential);
        await FetchAsync("krl");
        Assert.That((await ProgramRun.OfAsync("ssh-keygen", ["-Q", "-f", Krl, certificate])).ExitCode, Is.Zero);

        await _host.Ssh.RevokeAsync(TestLeases.LeaseOf(request), CancellationToken.None);
        await FetchAsync("krl");

        var run = await ProgramRun.OfAsync("ssh-keygen", ["-Q", "-f", Krl, certificate]);
        Assert.That(run.Output, Does.EndWith("REVOKED\n"));
        Assert.That(File.GetUnixFileMode(Krl).HasFlag(UnixFileMode.OtherRead), Is.True);
    }

    [Test]
    public async Task Copy_stays_as_it_is_while_there_is_no_list_to_be_had([Values("ca.pub", "nothing", "krl")] string path)
    {
        await File.WriteAllTextAsync(Krl, "the last one");
        _host.DenyList.IsDown = true;

        var run = await RunAsync(path);

        Assert.That(run.ExitCode, Is.Not.Zero);
        Assert.That(await File.ReadAllTextAsync(Krl), Is.EqualTo("the last one"));
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(Krl)!, "krl*"), Has.Length.EqualTo(1), "nothing is left behind");
    }

    private async Task FetchAsync(string path)
    {
        var run = await RunAsync(path);
        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
    }

    private Task<ProgramRun> RunAsync(string path) => ProgramRun.OfAsync(
        Path.Combine(Repository.Root, "samples", "ssh", "fetch-krl.sh"),
        [$"{new Uri(_host.Address, $"/v1/ssh/ssh-target/{path}")}", _files.PathOf("ca.pub"), Krl]);
}
