using System.Text;
using SecretsBroker.Audit;
using SecretsBroker.Audit.Reading;

namespace SecretsBroker.Tests.Audit.Reading;

internal sealed class AuditQueryTests
{
    private const int PageSize = 7;
    private AuditFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new AuditFolder();

    [TearDown]
    public async Task TearDown() => await _folder.DisposeAsync();

    [Test]
    public async Task Pages_put_together_are_the_whole_log_of_every_broker([Range(1, 5)] int seed)
    {
        await _folder.FillAsync(60, seed, "one");
        await _folder.FillAsync(30, seed + 100, "two");

        var pages = await ReadAsync(new AuditFilter());

        var written = (await _folder.ReadAsync("one")).Concat(await _folder.ReadAsync("two"));
        Assert.That(pages.SelectMany(page => page.Records).Select(Place), Is.EqualTo(written.Select(Place)));
        Assert.That(pages.SelectMany(page => page.Coverage.Faults), Is.Empty);
    }

    [Test]
    public async Task Pages_go_on_through_files_that_were_set_aside_between_them()
    {
        var options = _folder.Options();
        options.RotationBytes = 2_000;
        await using (var log = _folder.Open(options))
        {
            for (var i = 0; i < 40; i++)
            {
                await log.AppendAsync(Record(i), CancellationToken.None);
            }
        }

        Assert.That(AuditFiles.ListRotated(_folder.Path, "one"), Has.Count.GreaterThan(3));
        var found = new List<FoundRecord>();
        AuditPosition? at = null;
        do
        {
            var page = await ReadPageAsync(new AuditFilter(), at);
            found.AddRange(page.Records);
            at = page.Next;
            // What is being written to becomes one that was set aside, under another name.
            if (File.Exists(_folder.Current()) && found.Count > 25)
            {
                File.Move(_folder.Current(), AuditFiles.Rotated(_folder.Path, "one", await FirstOfCurrentAsync()));
            }
        }
        while (at is not null);

        Assert.That(found.Select(record => record.Entry.Sequence), Is.EqualTo(Enumerable.Range(1, 40)));
    }

    [Test]
    public async Task Page_whose_file_is_gone_is_lost()
    {
        await _folder.FillAsync(20, seed: 1);
        var first = await ReadPageAsync(new AuditFilter());
        Directory.GetFiles(_folder.Path, "*.jsonl").ToList().ForEach(File.Delete);
        await _folder.FillAsync(1, seed: 1, "two");

        Assert.That(await ReadPageAsync(new AuditFilter(), first.Next), Is.EqualTo(AuditPage.Lost));
    }

    private static readonly TestCaseData<AuditFilter, int[]>[] Filters =
    [
        new(new AuditFilter { Workload = "spiffe://t/b" }, [2, 5]),
        new(new AuditFilter { Task = "t-1" }, [1, 2]),
        new(new AuditFilter { Lease = "L" }, [3, 4, 6]),
        new(new AuditFilter { Grant = "read-orders" }, [3]),
        new(new AuditFilter { Resource = "orders" }, [1, 3, 4]),
        new(new AuditFilter { Resource = "orders/in" }, []),
        new(new AuditFilter { Outcome = "denied" }, [1]),
        new(new AuditFilter { Outcome = "violation" }, [4]),
        new(new AuditFilter { Outcome = "expired" }, [6]),
        new(new AuditFilter { Outcome = "succeeded" }, [5]),
        new(new AuditFilter { Outcome = "refused" }, [2]),
        new(new AuditFilter { Types = ["Issued", "Used"] }, [3, 4]),
        new(new AuditFilter { Types = ["Issued"], Resource = "orders-eu" }, []),
        new(new AuditFilter { Since = Start.AddMinutes(3), Until = Start.AddMinutes(5) }, [4, 5]),
        new(new AuditFilter { Since = Start.AddHours(1) }, []),
        new(new AuditFilter { Until = Start }, []),
    ];

    private static DateTimeOffset Start => new ManualTime().GetUtcNow();

    [TestCaseSource(nameof(Filters))]
    public async Task Filter_finds_what_meets_all_of_it(AuditFilter filter, int[] expected)
    {
        var time = new ManualTime();
        var log = _folder.Open(_folder.Options(), time: time);
        AuditRecord[] records =
        [
            new() { Id = "1", Type = AuditEventType.Decided, Workload = "spiffe://t/a", Task = "t-1", Resource = "orders", Allowed = false },
            new() { Id = "2", Type = AuditEventType.Refused, Workload = "spiffe://t/b", Task = "t-1", Resource = "orders-eu", Reason = "Killed" },
            new() { Id = "3", Type = AuditEventType.Issued, Workload = "spiffe://t/a", Lease = "L", Resource = "orders/invoices", Grant = "read-orders" },
            new() { Id = "4", Type = AuditEventType.Used, Lease = "L", Resource = "x", DownstreamResource = "orders/7", Outcome = "Succeeded", Allowed = false },
            new() { Id = "5", Type = AuditEventType.TaskEnded, Workload = "spiffe://t/b", Task = "t-10", Outcome = "Succeeded" },
            new() { Id = "6", Type = AuditEventType.Revoked, Lease = "L", Cause = "Expired" },
        ];
        foreach (var record in records)
        {
            await log.AppendAsync(record, CancellationToken.None);
            time.Advance(TimeSpan.FromMinutes(1));
        }

        var found = (await ReadPageAsync(filter)).Records;

        Assert.That(found.Select(record => int.Parse(record.Entry.Record.Id)), Is.EqualTo(expected));
    }

    [Test]
    public async Task Limit_of_bytes_ends_a_page_and_the_next_one_goes_on()
    {
        var log = _folder.Open();
        await Task.WhenAll(Enumerable.Range(0, 5_000).Select(i => log.AppendAsync(Record(i) with { Purpose = new string('x', 1_000) }, default).AsTask()));
        var found = new List<FoundRecord>();
        var cut = 0;
        AuditPosition? at = null;
        do
        {
            using var logs = await new AuditSource(_folder.Path).OpenAsync(default);
            var page = new AuditQuery(logs, new AuditFilter(), 10_000, 100 << 20).ReadPage(at, new AuditReadBudget(1, default, default));
            found.AddRange(page.Records);
            cut += page.Coverage.IsCutShort ? 1 : 0;
            at = page.Next;
        }
        while (at is not null);

        Assert.That(found.Select(record => record.Entry.Sequence), Is.EqualTo(Enumerable.Range(1, 5_000)));
        Assert.That(cut, Is.GreaterThan(3));
    }

    [Test]
    public async Task Time_to_answer_ends_a_page_before_anything_is_read()
    {
        await _folder.FillAsync(20, seed: 4);
        using var logs = await new AuditSource(_folder.Path).OpenAsync(default);

        var page = new AuditQuery(logs, new AuditFilter(), 100, 1 << 20).ReadPage(
            from: null, new AuditReadBudget(long.MaxValue, new CancellationToken(canceled: true), default));

        Assert.That((page.Records.Count, page.Coverage.IsCutShort, page.Next is null), Is.EqualTo((0, true, false)));
    }

    [Test]
    public async Task Caller_who_has_left_is_not_read_for()
    {
        await _folder.FillAsync(20, seed: 4);
        using var logs = await new AuditSource(_folder.Path).OpenAsync(default);

        Assert.That(
            () => new AuditQuery(logs, new AuditFilter(), 100, 1 << 20).ReadPage(
                from: null, new AuditReadBudget(long.MaxValue, default, new CancellationToken(canceled: true))),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task What_was_changed_is_left_out_and_told()
    {
        await WriteAsync(10);
        await ReplaceAsync("\"resource\":\"r/4\"", "\"resource\":\"r/9\"");

        var page = await ReadPageAsync(new AuditFilter(), size: 100);

        Assert.That(page.Records.Select(record => record.Entry.Sequence), Is.EqualTo(new[] { 1, 2, 3, 4, 6, 7, 8, 9, 10 }));
        Assert.That(page.Coverage.Faults, Is.EqualTo(new[] { "a line behind record 4 of one is damaged or was changed; it is left out" }));
    }

    [Test]
    public async Task What_was_removed_is_told()
    {
        await WriteAsync(10);
        var lines = await File.ReadAllLinesAsync(_folder.Current());
        await File.WriteAllLinesAsync(_folder.Current(), lines.Where((_, i) => i is not (3 or 4)));

        var page = await ReadPageAsync(new AuditFilter(), size: 100);

        Assert.That(page.Coverage.Faults, Is.EqualTo(new[] { "records 4 to 5 of one are missing" }));
        Assert.That(page.Coverage.IsWhole, Is.False);
    }

    [Test]
    public async Task Record_with_a_hash_that_was_made_to_fit_is_found_by_the_one_behind_it()
    {
        await WriteAsync(6);
        var lines = (await File.ReadAllTextAsync(_folder.Current())).Split('\n');
        var changed = (AuditLine.TryParse(Encoding.UTF8.GetBytes(lines[2])) ?? throw new AssertionException("no line"));
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        AuditLine.Write(
            output, changed.Sequence, changed.Time, changed.Broker, changed.PreviousHash, changed.Record with { Resource = "elsewhere" }, signature: null);
        lines[2] = Encoding.UTF8.GetString(output.WrittenSpan).TrimEnd('\n');
        await File.WriteAllTextAsync(_folder.Current(), string.Join('\n', lines));

        var page = await ReadPageAsync(new AuditFilter(), size: 100);

        Assert.That(page.Coverage.Faults, Is.EqualTo(new[] { "record 3 of one or one before it was changed: record 4 follows another" }));
    }

    [Test]
    public async Task Line_that_is_being_written_is_left_out()
    {
        await WriteAsync(3);
        await File.AppendAllTextAsync(_folder.Current(), "{\"seq\":4,\"time\":\"20");

        var page = await ReadPageAsync(new AuditFilter());

        Assert.That((page.Records.Count, page.Coverage.IsWhole), Is.EqualTo((3, true)));
    }

    [TestCase("")]
    [TestCase("one")]
    [TestCase("one.1.0.0")]
    [TestCase("../one.1.0.0.0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("one.-1.0.0.0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("one.1.99999999999999999999.0.0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("one.1.0.0.000000000000000000000000000000000000000000000000000000000000000g")]
    public void What_is_no_position_is_none(string text) => Assert.That(AuditPosition.TryParse(text), Is.Null);

    [Test]
    public void Position_is_read_as_it_was_written()
    {
        var position = new AuditPosition("broker-1", 42, 4711, 50, AuditLine.Genesis);

        Assert.That(AuditPosition.TryParse(position.ToString()), Is.EqualTo(position));
    }

    private static AuditRecord Record(int i) => new() { Id = $"r{i}", Type = AuditEventType.Issued, Resource = $"r/{i}", Purpose = new string('x', 100) };

    private async Task WriteAsync(int count)
    {
        await using var log = _folder.Open();
        for (var i = 0; i < count; i++)
        {
            await log.AppendAsync(Record(i), CancellationToken.None);
        }
    }

    private async Task ReplaceAsync(string old, string replacement) => await File.WriteAllTextAsync(
        _folder.Current(), (await File.ReadAllTextAsync(_folder.Current())).Replace(old, replacement, StringComparison.Ordinal));

    private async Task<long> FirstOfCurrentAsync() =>
        AuditLine.TryParse(Encoding.UTF8.GetBytes((await File.ReadAllLinesAsync(_folder.Current()))[0]))!.Sequence;

    private async Task<List<AuditPage>> ReadAsync(AuditFilter filter)
    {
        var pages = new List<AuditPage>();
        do
        {
            pages.Add(await ReadPageAsync(filter, pages is [.., var last] ? last.Next : null));
        }
        while (pages[^1].Next is not null);
        return pages;
    }

    private async Task<AuditPage> ReadPageAsync(AuditFilter filter, AuditPosition? from = null, int size = PageSize)
    {
        using var logs = await new AuditSource(_folder.Path).OpenAsync(default);
        // A token is text on its way.
        from = from is null ? null : AuditPosition.TryParse(from.ToString());
        return new AuditQuery(logs, filter, size, 1 << 20).ReadPage(from, AuditReadBudget.Unlimited(default));
    }

    private static (string, long, string) Place(FoundRecord found) => (found.Entry.Broker, found.Entry.Sequence, found.Entry.Hash);

    private static (string, long, string) Place(AuditEntry entry) => (entry.Broker, entry.Sequence, entry.Hash);
}
