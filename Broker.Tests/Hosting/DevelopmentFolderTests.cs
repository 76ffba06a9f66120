using System.Runtime.Versioning;
using SecretsBroker.Hosting.Development;
using SecretsBroker.Identity.Dev;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine;

namespace SecretsBroker.Tests.Hosting;

[Platform("Linux")]
[UnsupportedOSPlatform("windows")]
internal sealed class DevelopmentFolderTests
{
    [Test]
    public void Folder_is_made_for_its_owner_alone_and_taken_up_again()
    {
        using var parent = new TemporaryFolder();
        var path = Path.Combine(parent.Path, "dev");

        DevelopmentFolder.Create(path, 1, 2);
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupRead);
        var folder = DevelopmentFolder.Create(path, 1, 2);

        Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        Assert.That(File.Exists(folder.ConfigurationFile), Is.True);
    }

    [Test]
    public async Task What_is_written_into_it_has_no_faults()
    {
        using var parent = new TemporaryFolder();
        var folder = DevelopmentFolder.Create(Path.Combine(parent.Path, "dev"), 1, 2);

        var run = await ProgramRun.OfBrokerAsync("check", "--config", folder.ConfigurationFile);

        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((0, "")));
    }

    [Test]
    public void Link_that_somebody_put_in_its_place_is_refused()
    {
        using var parent = new TemporaryFolder();
        var elsewhere = Directory.CreateDirectory(Path.Combine(parent.Path, "elsewhere")).FullName;
        var path = Path.Combine(parent.Path, "dev");
        Directory.CreateSymbolicLink(path, elsewhere);

        Assert.That(() => DevelopmentFolder.Create(path, 1, 2), Throws.InstanceOf<DevIssuerException>());
        Assert.That(Directory.EnumerateFileSystemEntries(elsewhere), Is.Empty);
    }

    [Test]
    public void Folder_of_another_user_is_refused()
    {
        // Whoever runs the tests is root, or somebody else than root.
        var foreign = Environment.IsPrivilegedProcess ? "/var/lib/postgresql" : "/";
        Assume.That(Directory.Exists(foreign));

        Assert.That(FolderOwner.IsOurs(foreign), Is.False);
        Assert.That(FolderOwner.IsOurs($"/proc/{Environment.ProcessId}"), Is.True);
    }
}
