using SecretsBroker.Audit;

namespace SecretsBroker.Tests.Audit;

internal sealed class AuditLogTests
{
    [Test]
    public async Task Records_form_a_chain_that_verifies()
    {
        await using var folder = new AuditFolder();

        await folder.FillAsync(50, seed: 1);

        var verified = await folder.VerifyAsync();
        var entries = await folder.ReadAsync();
        Assert.Multiple(() =>
        {
            Assert.That(verified.Break, Is.Null);
            Assert.That(verified.Notes, Is.Empty);
            Assert.That(verified.Records, Is.EqualTo(entries.Count));
            Assert.That(verified.LastCheckpoint!.Sequence, Is.EqualTo(entries.Count));
            Assert.That(verified.RecordsAfterCheckpoint, Is.Zero);
            Assert.That(verified.CountByType.Values.Sum(), Is.EqualTo(entries.Count));
            Assert.That(entries.Count(entry => entry.Record.Type != AuditEventType.Checkpoint), Is.EqualTo(50));
        });
    }

    [Test]
    public async Task Record_is_durable_when_append_returns()
    {
        await using var folder = new AuditFolder();
        var log = folder.Open();

        await log.AppendAsync(Record("a"), CancellationToken.None);

        Assert.That((await folder.ReadAsync()).Select(entry => entry.Record.Id), Is.EqualTo(["a"]));
    }

    [Test]
    public async Task Chain_goes_on_after_a_restart()
    {
        await using var folder = new AuditFolder();

        for (var i = 0; i < 5; i++)
        {
            await folder.FillAsync(3, seed: i);
        }

        Assert.That((await folder.VerifyAsync()).Break, Is.Null);
    }

    [Test]
    public async Task Concurrent_appends_share_flushes()
    {
        await using var folder = new AuditFolder();
        var disk = new FaultyDisk();
        var log = folder.Open(folder.Options(), disk.Open);
        await log.AppendAsync(Record("first"), CancellationToken.None);
        disk.HoldFlushes();
        var before = disk.Flushes;

        var appends = Enumerable.Range(0, 1000)
            .Select(i => log.AppendAsync(Record($"r{i}"), CancellationToken.None).AsTask())
            .ToList();
        disk.LetFlushesGo();
        await Task.WhenAll(appends);

        Assert.That(disk.Flushes - before, Is.InRange(1, 20));
        Assert.That(await folder.ReadAsync(), Has.Count.EqualTo(1001));
    }

    [Test]
    public async Task Full_disk_fails_appends_and_leaves_the_chain_whole([Values(0, 1, 50, 200)] int space)
    {
        await using var folder = new AuditFolder();
        var disk = new FaultyDisk();
        var log = folder.Open(folder.Options(), disk.Open);
        await log.AppendAsync(Record("before"), CancellationToken.None);

        disk.Space = space;
        await Assert.ThrowsAsync<AuditException>(async () => await log.AppendAsync(Record("lost"), CancellationToken.None));
        await Assert.ThrowsAsync<AuditException>(async () => await log.AppendAsync(Record("lost too"), CancellationToken.None));
        disk.Space = -1;
        await log.AppendAsync(Record("after"), CancellationToken.None);

        Assert.That((await folder.ReadAsync()).Select(entry => entry.Record.Id), Is.EqualTo(["before", "after"]));
        Assert.That((await folder.VerifyAsync()).Break, Is.Null);
    }

    [Test]
    public async Task Record_whose_flush_failed_is_taken_out_again_even_if_that_fails_at_first()
    {
        await using var folder = new AuditFolder();
        var disk = new FaultyDisk();
        var log = folder.Open(folder.Options(), disk.Open);
        await log.AppendAsync(Record("before"), CancellationToken.None);

        disk.FailFlush = disk.FailTruncate = disk.FailOpen = true;
        await Assert.ThrowsAsync<AuditException>(async () => await log.AppendAsync(Record("lost"), CancellationToken.None));
        disk.FailOpen = false;
        await Assert.ThrowsAsync<AuditException>(async () => await log.AppendAsync(Record("lost too"), CancellationToken.None));
        disk.FailFlush = disk.FailTruncate = false;
        await log.AppendAsync(Record("after"), CancellationToken.None);

        Assert.That((await folder.ReadAsync()).Select(entry => entry.Record.Id), Is.EqualTo(["before", "after"]));
        Assert.That((await folder.VerifyAsync()).Break, Is.Null);
    }

    [Test]
    public async Task Record_that_is_not_durable_is_not_contained()
    {
        await using var folder = new AuditFolder();
        var disk = new FaultyDisk();
        var log = folder.Open(folder.Options(), disk.Open);
        await log.AppendAsync(Record("before"), CancellationToken.None);
        disk.HoldFlushes();

        var append = log.AppendAsync(Record("under way"), CancellationToken.None).AsTask();
        await Wait.UntilAsync(() => File.ReadAllText(folder.Current()).Contains("under way", StringComparison.Ordinal));
        var contained = await log.ContainsAsync("under way", CancellationToken.None);
        disk.LetFlushesGo();
        await append;

        Assert.That(contained, Is.False);
        Assert.That(await log.ContainsAsync("under way", CancellationToken.None));
    }

    [Test]
    public async Task Disk_that_hangs_fails_the_append_in_time()
    {
        await using var folder = new AuditFolder();
        var disk = new FaultyDisk();
        var time = new ManualTime();
        var options = folder.Options();
        var log = folder.Open(options, disk.Open, time);
        await log.AppendAsync(Record("before"), CancellationToken.None);
        disk.HoldFlushes();

        var append = log.AppendAsync(Record("hangs"), CancellationToken.None).AsTask();
        Assert.That(append.IsCompleted, Is.False);
        time.Advance(options.AppendTimeout);
        await Assert.ThrowsAsync<AuditException>(() => append);

        disk.LetFlushesGo();
        await log.AppendAsync(Record("after"), CancellationToken.None);
        Assert.That((await folder.VerifyAsync()).Break, Is.Null);
    }

    [Test]
    public async Task Disk_that_hangs_does_not_hold_up_the_stop()
    {
        await using var folder = new AuditFolder();
        var disk = new FaultyDisk();
        var time = new ManualTime();
        var options = folder.Options();
        var log = folder.Open(options, disk.Open, time);
        await log.AppendAsync(Record("before"), CancellationToken.None);
        disk.HoldFlushes();
        var append = log.AppendAsync(Record("hangs"), CancellationToken.None).AsTask();

        var stop = log.DisposeAsync().AsTask();
        Assert.That(stop.IsCompleted, Is.False);
        time.Advance(options.AppendTimeout);

        await stop;
        await Assert.ThrowsAsync<AuditException>(() => append);
        disk.LetFlushesGo();
    }

    [Test]
    public async Task Append_that_nobody_waits_for_any_more_is_not_written()
    {
        await using var folder = new AuditFolder();
        var disk = new FaultyDisk();
        using var gone = new CancellationTokenSource();
        var log = folder.Open(folder.Options(), disk.Open);
        await log.AppendAsync(Record("before"), CancellationToken.None);
        disk.HoldFlushes();
        var first = log.AppendAsync(Record("first"), CancellationToken.None).AsTask();
        await Wait.UntilAsync(() => File.ReadAllText(folder.Current()).Contains("first", StringComparison.Ordinal));

        var second = log.AppendAsync(Record("second"), gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.CatchAsync<OperationCanceledException>(() => second);
        disk.LetFlushesGo();
        await first;
        await log.AppendAsync(Record("third"), CancellationToken.None);

        Assert.That((await folder.ReadAsync()).Select(entry => entry.Record.Id), Is.EqualTo(["before", "first", "third"]));
    }

    [Test]
    public async Task Rotation_continues_the_chain()
    {
        await using var folder = new AuditFolder();
        var options = folder.Options();
        options.RotationBytes = 2000;
        for (var run = 0; run < 3; run++)
        {
            await using var log = folder.Open(options);
            for (var i = 0; i < 30; i++)
            {
                await log.AppendAsync(Record($"{run}-{i}"), CancellationToken.None);
            }

            await log.CheckpointAsync(CancellationToken.None);
        }

        var rotated = AuditFiles.ListRotated(folder.Path, "one");
        var verified = await folder.VerifyAsync();
        var entries = await folder.ReadAsync();
        Assert.Multiple(() =>
        {
            Assert.That(rotated, Has.Count.GreaterThan(5));
            Assert.That(rotated.Select(path => new FileInfo(path).Length), Is.All.InRange(2000, 3000));
            Assert.That(verified.Break, Is.Null);
            Assert.That(verified.Files, Has.Count.EqualTo(rotated.Count + 1));
            Assert.That(entries.Count(entry => entry.Record.Type == AuditEventType.Used), Is.EqualTo(90));
        });
        foreach (var path in rotated)
        {
            Assert.That((await AuditVerifier.VerifyAsync(path)).Break, Is.Null);
        }
    }

    [Test]
    public async Task Crash_between_setting_a_file_aside_and_making_the_next_is_recovered()
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(5, seed: 3);
        File.Move(folder.Current(), AuditFiles.Rotated(folder.Path, "one", 1));

        await folder.FillAsync(5, seed: 4);

        var verified = await folder.VerifyAsync();
        Assert.That(verified.Break, Is.Null);
        Assert.That(verified.Files, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Two_brokers_share_a_folder_and_see_each_others_records()
    {
        await using var folder = new AuditFolder();
        var one = folder.Open("one");
        var two = folder.Open("two");
        await one.AppendAsync(Record("from \"one\"\n"), CancellationToken.None);
        await two.AppendAsync(Record("from two"), CancellationToken.None);

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await one.ContainsAsync("from two", CancellationToken.None));
            Assert.That(await two.ContainsAsync("from \"one\"\n", CancellationToken.None));
            Assert.That(await two.ContainsAsync("from", CancellationToken.None), Is.False);
            Assert.That((await folder.VerifyAsync("one")).Break, Is.Null);
            Assert.That((await folder.VerifyAsync("two")).Break, Is.Null);
            Assert.That(await AuditReader.ReadFolderAsync(folder.Path).CountAsync(), Is.EqualTo(2));
        });
    }

    [Test]
    public async Task Record_is_found_in_set_aside_files_too()
    {
        await using var folder = new AuditFolder();
        var options = folder.Options();
        options.RotationBytes = 1000;
        var log = folder.Open(options);
        for (var i = 0; i < 40; i++)
        {
            await log.AppendAsync(Record($"r{i}!"), CancellationToken.None);
            Assert.That(await log.ContainsAsync("r0!", CancellationToken.None));
            Assert.That(await log.ContainsAsync($"r{i}!", CancellationToken.None));
            Assert.That(await log.ContainsAsync($"r{i + 1}!", CancellationToken.None), Is.False);
        }
    }

    [Test]
    public async Task Id_inside_another_member_is_no_match()
    {
        await using var folder = new AuditFolder();
        var log = folder.Open();
        await log.AppendAsync(Record("a") with { Purpose = ",\"id\":\"trap\"," }, CancellationToken.None);

        Assert.That(await log.ContainsAsync("trap", CancellationToken.None), Is.False);
    }

    [Test]
    public async Task Second_broker_of_the_same_name_cannot_write()
    {
        await using var folder = new AuditFolder();
        var first = folder.Open();
        await first.AppendAsync(Record("a"), CancellationToken.None);

        var second = folder.Open();
        await Assert.ThrowsAsync<AuditException>(async () => await second.AppendAsync(Record("b"), CancellationToken.None));

        await first.DisposeAsync();
        await second.AppendAsync(Record("c"), CancellationToken.None);
        Assert.That((await folder.VerifyAsync()).Break, Is.Null);
    }

    [Test]
    public async Task Checkpoint_is_signed_once_for_the_same_end()
    {
        await using var folder = new AuditFolder();
        var log = folder.Open();
        await log.AppendAsync(Record("a"), CancellationToken.None);

        await log.CheckpointAsync(CancellationToken.None);
        await log.CheckpointAsync(CancellationToken.None);

        Assert.That(await folder.ReadAsync(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Signing_key_is_private_to_the_broker()
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(1, seed: 1);

        if (!OperatingSystem.IsWindows())
        {
            Assert.That(
                File.GetUnixFileMode(AuditFiles.PrivateKey(folder.Path, "one")),
                Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }

        Assert.That(File.ReadAllText(AuditFiles.PublicKeys(folder.Path, "one")), Does.Not.Contain("PRIVATE"));
    }

    [Test]
    public async Task Older_checkpoints_still_verify_after_the_key_was_replaced()
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(3, seed: 1);
        File.Delete(AuditFiles.PrivateKey(folder.Path, "one"));
        await folder.FillAsync(3, seed: 2);

        var verified = await folder.VerifyAsync();

        Assert.That(verified.Break, Is.Null);
        Assert.That(verified.KeyIds, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Closed_log_fails_appends()
    {
        await using var folder = new AuditFolder();
        var log = folder.Open();
        await log.DisposeAsync();

        await Assert.ThrowsAsync<AuditException>(async () => await log.AppendAsync(Record("a"), CancellationToken.None));
    }

    private static AuditRecord Record(string id) => new() { Id = id, Type = AuditEventType.Used };
}
