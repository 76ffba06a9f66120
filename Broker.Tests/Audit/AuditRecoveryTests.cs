using SecretsBroker.Audit;

namespace SecretsBroker.Tests.Audit;

internal sealed class AuditRecoveryTests
{
    [Test]
    public async Task Line_torn_at_any_byte_is_cut_off_and_the_chain_goes_on()
    {
        await using var folder = new AuditFolder();
        await AppendAsync(folder, "first");
        await AppendAsync(folder, "second");
        var whole = await File.ReadAllBytesAsync(folder.Current());
        var lastLine = Array.LastIndexOf(whole, (byte)'\n', whole.Length - 2) + 1;

        for (var length = lastLine; length < whole.Length; length++)
        {
            await File.WriteAllBytesAsync(folder.Current(), whole[..length]);

            await AppendAsync(folder, "after");

            Assert.That(
                (await folder.ReadAsync()).Select(entry => entry.Record.Id), Is.EqualTo(["first", "after"]), $"torn after {length} bytes");
            Assert.That((await folder.VerifyAsync()).Break, Is.Null);
        }
    }

    [Test]
    public async Task Only_line_torn_at_any_byte_leaves_an_empty_log()
    {
        await using var folder = new AuditFolder();
        await AppendAsync(folder, "first");
        var whole = await File.ReadAllBytesAsync(folder.Current());

        for (var length = 0; length < whole.Length; length += 7)
        {
            await File.WriteAllBytesAsync(folder.Current(), whole[..length]);

            await AppendAsync(folder, "after");

            Assert.That((await folder.ReadAsync()).Select(entry => entry.Record.Id), Is.EqualTo(["after"]));
        }
    }

    [Test]
    public async Task Zeros_that_a_power_cut_leaves_are_cut_off()
    {
        await using var folder = new AuditFolder();
        await AppendAsync(folder, "first");
        await File.AppendAllTextAsync(folder.Current(), new string('\0', 5000) + "rest of a line\n" + new string('\0', 90) + "\n\0");

        await AppendAsync(folder, "after");

        Assert.That((await folder.ReadAsync()).Select(entry => entry.Record.Id), Is.EqualTo(["first", "after"]));
    }

    [Test]
    public async Task Torn_line_longer_than_the_first_look_is_cut_off()
    {
        await using var folder = new AuditFolder();
        await AppendAsync(folder, "first");
        await File.AppendAllTextAsync(folder.Current(), new string('x', 300_000));

        await AppendAsync(folder, "after");

        Assert.That((await folder.ReadAsync()).Select(entry => entry.Record.Id), Is.EqualTo(["first", "after"]));
    }

    [Test]
    public async Task Whole_last_line_that_was_edited_is_not_covered_up()
    {
        await using var folder = new AuditFolder();
        await AppendAsync(folder, "first");
        await AppendAsync(folder, "second");
        var edited = (await File.ReadAllTextAsync(folder.Current())).Replace("second", "secund", StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder.Current(), edited);

        await Assert.ThrowsAsync<AuditException>(() => AppendAsync(folder, "after"));

        Assert.That(await File.ReadAllTextAsync(folder.Current()), Is.EqualTo(edited));
    }

    [Test]
    public async Task Tail_that_was_cut_off_behind_a_checkpoint_is_not_continued()
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(5, seed: 1);
        var lines = await File.ReadAllLinesAsync(folder.Current());
        await File.WriteAllTextAsync(folder.Current(), string.Join('\n', lines[..^2]) + "\n");

        await Assert.ThrowsAsync<AuditException>(() => AppendAsync(folder, "after"));
    }

    [Test]
    public async Task Log_that_was_set_aside_makes_room_for_a_new_one_without_a_restart()
    {
        await using var folder = new AuditFolder();
        await File.WriteAllTextAsync(folder.Current(), "damaged\n");
        var log = folder.Open();
        await Assert.ThrowsAsync<AuditException>(
            async () => await log.AppendAsync(new AuditRecord { Id = "a", Type = AuditEventType.Used }, CancellationToken.None));

        File.Move(folder.Current(), folder.Current() + ".damaged");
        await log.AppendAsync(new AuditRecord { Id = "b", Type = AuditEventType.Used }, CancellationToken.None);

        Assert.That((await folder.VerifyAsync()).Records, Is.EqualTo(1));
    }

    private static async Task AppendAsync(AuditFolder folder, string id)
    {
        await using var log = folder.Open();
        await log.AppendAsync(new AuditRecord { Id = id, Type = AuditEventType.Used }, CancellationToken.None);
    }
}
