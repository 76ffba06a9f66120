using SecretsBroker.Audit;
using SecretsBroker.Audit.Reading;
using SecretsBroker.Explaining;
using SecretsBroker.Tests.Audit;

namespace SecretsBroker.Tests.Explaining;

/// <summary>Explanations from logs that were written record by record.</summary>
internal sealed class ExplainerTests
{
    private AuditFolder _folder = null!;
    private ManualTime _time = null!;

    [SetUp]
    public void SetUp() => (_folder, _time) = (new AuditFolder(), new ManualTime());

    [TearDown]
    public async Task TearDown() => await _folder.DisposeAsync();

    [Test]
    public async Task Complete_history_misses_nothing()
    {
        await WriteAsync(RecordedHistory.Records);

        var lease = await ExplainAsync();

        Assert.That(lease.Missing, Is.Empty);
        Assert.That(lease.Coverage.IsWhole, Is.True);
        Assert.That(lease.Decision!.Policies, Is.EqualTo(new[] { "readers" }));
        Assert.That(lease.End!.Outlived, Is.EqualTo(TimeSpan.FromSeconds(3)));
    }

    private static readonly TestCaseData<AuditEventType, string>[] Parts =
    [
        new(AuditEventType.TaskStarted, "the start of its task"),
        new(AuditEventType.Decided, "the decision that allowed it"),
        new(AuditEventType.Issued, "that it was issued, though it was used or renewed"),
        new(AuditEventType.TaskEnded, "the end of its task, which ended it"),
        new(AuditEventType.Revoked, "the proof that it is gone: it is still being revoked, or the record is missing"),
    ];

    [TestCaseSource(nameof(Parts))]
    public async Task Part_without_a_record_is_named(AuditEventType type, string missing)
    {
        await WriteAsync(RecordedHistory.Records.Where(record => record.Type != type));

        Assert.That((await ExplainAsync()).Missing, Does.Contain(missing));
    }

    [Test]
    public async Task Lease_that_lives_still_misses_no_end()
    {
        await WriteAsync(RecordedHistory.Records.Take(5));

        var lease = await ExplainAsync();

        Assert.That((lease.End, lease.Missing.Count), Is.EqualTo(((ExplainedEnd?)null, 0)));
    }

    [Test]
    public async Task Records_of_several_brokers_in_several_folders_make_one_history()
    {
        await using var other = new AuditFolder();
        var (first, second) = (_folder.Open(_folder.Options(), time: _time), other.Open(other.Options("two"), time: _time));
        foreach (var (i, record) in RecordedHistory.Records.Index())
        {
            await WriteAsync([record], i % 2 == 0 ? first : second);
        }

        var lease = await ExplainAsync(_folder.Path, other.Path);

        Assert.That(lease.Missing, Is.Empty);
        Assert.That(lease.Coverage.Ranges.Select(range => range.Broker), Is.EqualTo(new[] { "one", "two" }));
    }

    [Test]
    public async Task Violations_are_told_however_many_harmless_uses_there_are()
    {
        var uses = Enumerable.Range(0, 500).Select(i => RecordedHistory.Use(i, i == 7 ? "another tool than intended used the secret" : ""));
        await WriteAsync([.. RecordedHistory.Records, .. uses]);

        var lease = await ExplainAsync();

        Assert.That((lease.UseCount, lease.ViolationCount, lease.Uses.Count), Is.EqualTo((502, 2, LeaseFold.MaxUses)));
        Assert.That(lease.Uses.Count(use => use.IsViolation), Is.EqualTo(2));
    }

    [Test]
    public async Task Lease_that_was_proven_gone_twice_shows_the_last_proof()
    {
        var again = RecordedHistory.Revoked with { Id = $"{RecordedHistory.Revoked.Id}/1", Proof = "looked again" };
        await WriteAsync([.. RecordedHistory.Records, again]);

        var end = (await ExplainAsync()).End!;

        Assert.That((end.Proof, end.EarlierProofs), Is.EqualTo(("looked again", 1)));
    }

    [Test]
    public async Task Only_orders_that_covered_a_killed_lease_are_told()
    {
        var killed = RecordedHistory.Revoked with { Cause = "Killed" };
        await WriteAsync(
        [
            .. RecordedHistory.Records.SkipLast(2),
            Order("k-1", "workload spiffe://example.org/other"),
            Order("k-2", "resource orders"),
            Order("k-3", $"task {RecordedHistory.Workload} {RecordedHistory.Task}"),
            killed,
        ]);

        var lease = await ExplainAsync();

        Assert.That(lease.End!.Kills.Select(kill => kill.Order), Is.EqualTo(new[] { "k-2", "k-3" }));
        Assert.That(lease.Missing, Is.Empty);
    }

    [Test]
    public async Task Quarantine_is_told_as_what_killed_a_lease_and_one_that_was_over_is_not()
    {
        var (begin, selector) = (_time.GetUtcNow(), $"workload {RecordedHistory.Workload}");
        await WriteAsync(
        [
            .. RecordedHistory.Records.Take(2),
            Quarantine("q-0", selector, begin.AddSeconds(3)),
            .. RecordedHistory.Records.Skip(2).SkipLast(2),
            Quarantine("q-1", selector, begin.AddMinutes(10)),
            RecordedHistory.Revoked with { Cause = "Killed" },
        ]);

        var lease = await ExplainAsync();
        var task = (await ReadAsync(explainer => explainer.ExplainTask(RecordedHistory.Task, "", since: null), _folder.Path)).Explanation!;

        Assert.That(lease.End!.Kills.Select(kill => (kill.Order, kill.Operator)), Is.EqualTo(new[] { ("q-1", "circuit-breaker") }));
        Assert.That(lease.Missing, Is.Empty);
        Assert.That(task.Missing, Is.Empty);
    }

    [TestCase("workload spiffe://example.org/agent/root")]
    [TestCase("task spiffe://example.org/agent/root t-root")]
    [TestCase("workload spiffe://example.org/agent/between")]
    [TestCase("task spiffe://example.org/agent/between t-between")]
    public async Task Order_on_those_above_is_told_as_what_killed_a_delegates_lease(string selector)
    {
        await WriteAsync([.. Delegated("root", "between"), Order("k-1", selector), Under(RecordedHistory.Revoked with { Cause = "Killed" }, "root", "between")]);

        var lease = await ExplainAsync();

        Assert.That(lease.End!.Kills.Select(kill => kill.Order), Is.EqualTo(new[] { "k-1" }));
        Assert.That(lease.Missing, Is.Empty);
    }

    [Test]
    public async Task Order_is_missed_only_where_every_task_that_it_may_have_named_is_known()
    {
        var killed = RecordedHistory.Revoked with { Cause = "Killed" };
        string[] chain = ["root", "between"];
        await WriteAsync([.. Delegated(chain), Under(killed, chain)]);
        var deep = await ExplainAsync();
        await using var other = new AuditFolder();
        await using (var log = other.Open(other.Options(), time: _time))
        {
            await WriteAsync([.. Delegated("root"), Under(killed, "root")], log);
        }

        Assert.That(deep.Missing, Is.Empty);
        Assert.That((await ExplainAsync(other.Path)).Missing, Is.EqualTo(new[] { "the kill order that ended it" }));
    }

    [Test]
    public async Task Task_shows_its_leases_and_what_it_was_not_given()
    {
        await WriteAsync(RecordedHistory.Records);

        var task = (await ReadAsync(explainer => explainer.ExplainTask(RecordedHistory.Task, "", since: null), _folder.Path)).Explanation!;

        Assert.That(task.Leases.Select(lease => lease.Lease), Is.EqualTo(new[] { RecordedHistory.Lease }));
        Assert.That(task.TurnedDown.Select(decision => decision.Reason), Is.EqualTo(new[] { "no policy permits it" }));
        Assert.That((task.UseCount, task.ViolationCount, task.OpenLeases), Is.EqualTo((2, 1, 0)));
        Assert.That(task.Missing, Is.Empty);
    }

    [Test]
    public async Task Task_id_of_two_workloads_needs_to_be_told_whose()
    {
        await WriteAsync([.. RecordedHistory.Records, RecordedHistory.Started with { Id = "other", Workload = "spiffe://example.org/other" }]);

        var any = await ReadAsync(explainer => explainer.ExplainTask(RecordedHistory.Task, "", since: null), _folder.Path);
        var other = await ReadAsync(
            explainer => explainer.ExplainTask(RecordedHistory.Task, "spiffe://example.org/other", since: null), _folder.Path);

        Assert.That((any.Explanation, any.Workloads.Count), Is.EqualTo(((TaskExplanation?)null, 2)));
        Assert.That(other.Explanation!.LeaseCount, Is.Zero);
    }

    [Test]
    public async Task Id_that_a_later_task_took_again_explains_the_lease_by_its_own_task()
    {
        await WriteAsync([.. RecordedHistory.Records, RecordedHistory.Started with { Id = "again", TaskPurpose = "another" }]);

        var lease = await ExplainAsync();
        var task = (await ReadAsync(explainer => explainer.ExplainTask(RecordedHistory.Task, "", since: null), _folder.Path)).Explanation!;

        Assert.That(lease.Task.Purpose, Is.EqualTo("close the books"));
        Assert.That((task.Task.Purpose, task.LeaseCount, task.Task.EndTime), Is.EqualTo(("another", 0, (DateTimeOffset?)null)));
    }

    [Test]
    public async Task Old_files_are_not_read_when_the_task_began_later()
    {
        var options = _folder.Options();
        options.RotationBytes = 64 << 10;
        var log = _folder.Open(options, time: _time);
        for (var i = 0; i < 400; i++)
        {
            await log.AppendAsync(new AuditRecord { Id = $"old-{i}", Type = AuditEventType.Used, Purpose = new string('x', 500) }, default);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        await WriteAsync(RecordedHistory.Records, log);

        var lease = await ExplainAsync();

        Assert.That(lease.Missing, Is.Empty);
        Assert.That(lease.Coverage.Ranges.Single().FirstSequence, Is.GreaterThan(200));
        Assert.That(lease.Coverage.IsWhole, Is.True);
    }

    [Test]
    public async Task What_lies_beyond_the_limit_of_bytes_is_said_not_to_be_read()
    {
        var options = _folder.Options();
        options.RotationBytes = 1_000;
        var log = _folder.Open(options, time: _time);
        await WriteAsync(RecordedHistory.Records, log);

        using var logs = await new AuditSource(_folder.Path).OpenAsync(default);
        var found = new Explainer([logs], new AuditReadBudget(3_000, default, default), _time.GetUtcNow()).ExplainLease(
            RecordedHistory.Lease, new KnownLease(RecordedHistory.Workload, RecordedHistory.Task, "d-1", new ManualTime().GetUtcNow().AddMinutes(1)), since: null);

        Assert.That(found.Coverage.IsCutShort, Is.True);
        Assert.That(found.Coverage.Faults, Is.Empty);
        Assert.That(found.Explanation!.Missing, Does.Contain("the start of its task"));
    }

    private static AuditRecord Order(string id, string selector) => new()
    {
        Id = $"kill/{id}",
        Type = AuditEventType.Killed,
        Workload = "spiffe://example.org/people/op",
        KillOrder = id,
        Selector = selector,
        Reason = "it loops",
    };

    private static AuditRecord Quarantine(string id, string selector, DateTimeOffset end) => Order(id, selector) with
    {
        Type = AuditEventType.Quarantined,
        Workload = RecordedHistory.Workload,
        ExpireTime = end,
    };

    /// <summary>All but the end, with the giving of the delegation.</summary>
    private static IEnumerable<AuditRecord> Delegated(params string[] chain) => RecordedHistory.Records.SkipLast(2)
        .Select(record => record.Lease.Length > 0 ? Under(record, chain) : record)
        .Prepend(Under(
            new AuditRecord
            {
                Id = "d/created",
                Type = AuditEventType.DelegationCreated,
                Workload = $"spiffe://example.org/agent/{chain[^1]}",
                Task = $"t-{chain[^1]}",
            },
            chain));

    private static AuditRecord Under(AuditRecord record, params string[] chain) => record with
    {
        Delegation = "d",
        DelegationChain = [.. chain.Select(name => $"spiffe://example.org/agent/{name}")],
        RootTask = $"t-{chain[0]}",
    };

    private async Task WriteAsync(IEnumerable<AuditRecord> records)
    {
        await using var log = _folder.Open(_folder.Options(), time: _time);
        await WriteAsync(records, log);
    }

    private async Task WriteAsync(IEnumerable<AuditRecord> records, AuditLog log)
    {
        foreach (var record in records)
        {
            await log.AppendAsync(record, CancellationToken.None);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private async Task<LeaseExplanation> ExplainAsync(params string[] folders) =>
        (await ReadAsync(
            explainer => explainer.ExplainLease(RecordedHistory.Lease, known: null, since: null), folders is [] ? [_folder.Path] : folders)).Explanation!;

    private async Task<T> ReadAsync<T>(Func<Explainer, T> read, params string[] folders)
    {
        var logs = new List<AuditLogs>();
        try
        {
            foreach (var folder in folders)
            {
                logs.Add(await new AuditSource(folder).OpenAsync(default));
            }

            return read(new Explainer(logs, AuditReadBudget.Unlimited(default), _time.GetUtcNow()));
        }
        finally
        {
            logs.ForEach(opened => opened.Dispose());
        }
    }
}
