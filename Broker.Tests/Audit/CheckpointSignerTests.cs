using System.Runtime.Versioning;
using SecretsBroker.Audit;

namespace SecretsBroker.Tests.Audit;

internal sealed class CheckpointSignerTests
{
    [Test]
    public async Task Draft_of_a_key_that_a_crash_left_is_made_anew()
    {
        await using var folder = new AuditFolder();
        var key = AuditFiles.PrivateKey(folder.Path, "one");
        await File.WriteAllTextAsync(key + ".new", "-----BEGIN PRIV");

        await using var log = folder.Open();
        await log.CheckpointAsync(CancellationToken.None);

        Assert.That(File.Exists(key + ".new"), Is.False);
        Assert.That(await File.ReadAllTextAsync(key), Does.EndWith("-----END PRIVATE KEY-----\n"));
        if (!OperatingSystem.IsWindows())
            Assert.That(File.GetUnixFileMode(key), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public async Task Damaged_key_fails_appends_until_it_is_mended()
    {
        await using var folder = new AuditFolder();
        var key = AuditFiles.PrivateKey(folder.Path, "one");
        await File.WriteAllTextAsync(key, "");
        await using var log = folder.Open();
        var record = new AuditRecord { Id = "r", Type = AuditEventType.Used };

        var error = await Assert.ThrowsAsync<AuditException>(async () => await log.AppendAsync(record, CancellationToken.None));
        File.Delete(key);
        await log.AppendAsync(record, CancellationToken.None);

        Assert.That(error!.Message, Does.Contain(key));
        Assert.That((await folder.ReadAsync()).Select(entry => entry.Record.Id), Is.EqualTo(["r"]));
    }

    [Test]
    [Platform("Linux")]
    [UnsupportedOSPlatform("windows")]
    public async Task Log_is_not_for_everybody_on_the_machine()
    {
        await using var folder = new AuditFolder();
        await using var log = folder.Open();
        await log.AppendAsync(new AuditRecord { Id = "r", Type = AuditEventType.Used }, CancellationToken.None);

        Assert.That(
            File.GetUnixFileMode(folder.Current()),
            Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead));
    }
}
