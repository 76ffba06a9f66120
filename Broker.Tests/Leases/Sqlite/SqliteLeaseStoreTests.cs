using System.Runtime.Versioning;
using Microsoft.Data.Sqlite;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Sqlite;

namespace SecretsBroker.Tests.Leases.Sqlite;

/// <summary>What is particular to the file: who may open it, what its faults look like, what it costs.</summary>
internal sealed class SqliteLeaseStoreTests
{
    // What takes each of Schema.Upgrades back.
    private static readonly string[] Undo =
    [
        "DROP TABLE kill_lifts",
        "ALTER TABLE leases DROP COLUMN basis; DROP TABLE recheck_confirmation",
        "ALTER TABLE leases DROP COLUMN sealed_for",
        "DROP INDEX leases_failed",
        "DROP TABLE used",
        "ALTER TABLE kill_orders DROP COLUMN lifetime",
        "DROP TABLE approvals; DROP TABLE reviews",
        "DROP TABLE signals",
        "ALTER TABLE tasks DROP COLUMN verified_initiator",
        "DROP INDEX tasks_delegation; ALTER TABLE tasks DROP COLUMN scope; ALTER TABLE tasks DROP COLUMN delegation; DROP INDEX leases_delegated; "
            + "ALTER TABLE leases DROP COLUMN chain; DROP TABLE delegations; DROP TABLE delegation_changes",
        "DROP TABLE log_positions",
        "DROP TABLE static_secrets",
    ];

    private static IEnumerable<int> VersionsBefore => Enumerable.Range(Schema.FirstVersion, Schema.Upgrades.Count);

    private static readonly TaskKey Task1 = new(new WorkloadId("spiffe://example.org/agents/alice"), new TaskId("t1"));

    private readonly ManualTime _time = new();
    private TemporaryFolder _folder = null!;
    private string _path = "";

    private static CancellationToken None => CancellationToken.None;

    [SetUp]
    public void MakeFolder()
    {
        _folder = new TemporaryFolder();
        _path = _folder.NewFile();
    }

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task What_was_written_is_there_when_the_file_is_opened_again()
    {
        Lease lease;
        await using (var first = Open())
        {
            lease = await ReserveAsync(first);
        }

        await using var second = Open();

        Assert.That(await second.FindLeaseAsync(lease.Id, None), Is.EqualTo(lease));
        Assert.That((await second.ReadBacklogAsync(0, None)).Single().Live, Is.EqualTo(1));
    }

    [Test]
    public async Task Second_broker_on_the_same_file_is_refused_until_the_first_has_closed_it()
    {
        await using var second = Open();
        await using (var first = Open())
        {
            await ReserveAsync(first);

            var findings = await second.CheckAsync(None);

            Assert.That(findings.Single(finding => finding.Refuse).Text, Does.Contain("another broker has it open").And.Contain(_path));
            Assert.That(async () => await second.FindTaskAsync(Task1, None), Throws.TypeOf<StoreException>());
            await ReserveAsync(first, "r-2");
        }

        Assert.That(await second.CheckAsync(None), Is.Empty);
        Assert.That(await second.FindTaskAsync(Task1, None), Is.Not.Null);
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public async Task File_is_read_by_its_owner_alone()
    {
        await using var store = Open();
        await ReserveAsync(store);

        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(_path)!))
        {
            Assert.That(File.GetUnixFileMode(file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite), file);
        }
    }

    [TestCaseSource(nameof(VersionsBefore))]
    public async Task File_of_a_version_before_is_taken_over_with_its_leases(int version)
    {
        Lease old;
        await using (var first = Open())
        {
            old = await ReserveAsync(first);
        }

        Execute($"{string.Join("; ", Undo.Skip(version - 1).Reverse())}; PRAGMA user_version = {version}");
        await using (var store = Open())
        {
            Assert.That(await store.CheckAsync(None), Is.Empty);
            var live = (await store.ListLiveAsync(0, cursor: null, 10, None)).Leases.Single();

            Assert.That((live.Lease, live.Basis), Is.EqualTo((old, (DecisionBasis?)null)));
            Assert.That(await store.FindRecheckConfirmationAsync(None), Is.Null);
            Assert.That(await store.ListKillOrdersAsync(None), Is.Empty);
            await ReserveAsync(store, "r-2");
        }

        Assert.That(Scalar("PRAGMA user_version"), Is.EqualTo(Schema.Version));
    }

    [TestCase("UPDATE meta SET value = 4 WHERE key = 'shards'", "4 shards")]
    [TestCase("PRAGMA user_version = 99", "version 99")]
    [TestCase("PRAGMA application_id = 1", "belongs to another program")]
    public async Task File_of_another_making_is_refused(string change, string expected)
    {
        await using (var first = Open())
        {
            await ReserveAsync(first);
        }

        Execute(change);
        await using var store = Open();

        var finding = (await store.CheckAsync(None)).Single();

        Assert.That(finding.Refuse, Is.True);
        Assert.That(finding.Text, Does.Contain(expected));
        Assert.That(
            async () => await store.FindTaskAsync(Task1, None),
            Throws.TypeOf<StoreException>().With.Property("IsTransient").EqualTo(false));
    }

    [Test]
    public async Task Database_of_another_program_is_left_as_it_is()
    {
        Execute("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
        await using var store = Open();

        Assert.That((await store.CheckAsync(None)).Single().Text, Does.Contain("belongs to another program"));

        Assert.That(Scalar("SELECT count(*) FROM sqlite_schema"), Is.EqualTo(1));
    }

    [Test]
    public async Task File_that_is_no_database_is_refused_without_quoting_it()
    {
        await File.WriteAllTextAsync(_path, string.Concat(Enumerable.Repeat("hunter2 ", 1_000)), None);
        await using var store = Open();

        var finding = (await store.CheckAsync(None)).Single();

        Assert.That(finding.Text, Does.Contain("not a database").And.Not.Contain("hunter2"));
    }

    [Test]
    public async Task Missing_folder_is_a_finding()
    {
        await using var store = new SqliteLeaseStore(new SqliteStoreOptions { Path = "/does/not/exist/leases.db" }, _time);

        var finding = (await store.CheckAsync(None)).Single();

        Assert.That(finding.Refuse, Is.True);
        Assert.That(finding.Text, Does.Contain("folder must exist"));
    }

    [TestCase(SqliteStoreOptions.InMemory, true, "in memory")]
    [TestCase(null, false, "power cut")]
    public async Task Store_that_may_forget_says_so(string? path, bool durable, string expected)
    {
        await using var store = new SqliteLeaseStore(new SqliteStoreOptions { Path = path ?? _path, Durable = durable }, _time);

        var finding = (await store.CheckAsync(None)).Single();

        Assert.That(finding.Refuse, Is.False);
        Assert.That(finding.Text, Does.Contain(expected));
    }

    [Test]
    public async Task File_locked_by_another_program_is_a_passing_fault()
    {
        await using var store = Open();
        var lease = await ReserveAsync(store);
        await using (var other = new SqliteConnection($"Data Source={_path};Pooling=false"))
        {
            other.Open();
            using var begin = other.CreateCommand();
            begin.CommandText = "BEGIN IMMEDIATE";
            begin.ExecuteNonQuery();

            Assert.That(
                async () => await store.ActivateAsync(lease.Id, "", None),
                Throws.TypeOf<StoreException>().With.Property("IsTransient").EqualTo(true).And.Message.Contains("another program has locked"));
            Assert.That(await store.FindLeaseAsync(lease.Id, None), Is.EqualTo(lease));
        }

        Assert.That((await store.ActivateAsync(lease.Id, "", None)).Status, Is.EqualTo(ActivateStatus.Activated));
    }

    [Test]
    public async Task Database_damaged_under_the_store_is_a_fault_that_names_only_its_code()
    {
        await using var store = Open();
        var lease = await ReserveAsync(store);
        Execute("DROP TABLE kill_orders");

        Assert.That(
            async () => await store.ActivateAsync(lease.Id, "", None),
            Throws.TypeOf<StoreException>().With.Property("IsTransient").EqualTo(false)
                .And.Message.EqualTo("the lease store failed: an operation was refused (SQLite result code 1)")
                .And.InnerException.Null);
        Assert.That((await store.FindLeaseAsync(lease.Id, None))!.State, Is.EqualTo(LeaseState.Pending));
    }

    [Test]
    public async Task Faulty_step_takes_none_of_those_beside_it_along()
    {
        await using var store = Open();
        await ReserveAsync(store);
        Execute("CREATE TRIGGER refuse BEFORE INSERT ON leases WHEN new.grant_name = 'bad' BEGIN SELECT RAISE(ABORT, 'secret'); END");

        var results = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(async () =>
        {
            try
            {
                return (await store.ReserveAsync(Asked() with { Grant = i % 3 == 0 ? "bad" : "good" }, None)).Lease;
            }
            catch (StoreException error) when (!error.Message.Contains("secret"))
            {
                return null;
            }
        })));

        var kept = results.OfType<Lease>().ToList();
        Assert.That(kept, Has.Count.EqualTo(40));
        Assert.That(
            (await store.ListTaskLeasesAsync(Task1, None)).Select(lease => lease.Id).Skip(1),
            Is.EquivalentTo(kept.Select(lease => lease.Id)));
    }

    [Test]
    public async Task Cancelled_call_does_nothing()
    {
        await using var store = Open();
        var lease = await ReserveAsync(store);

        Assert.That(
            async () => await store.EndAsync(lease.Id, EndCause.Operator, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await store.FindLeaseAsync(lease.Id, None))!.State, Is.EqualTo(LeaseState.Pending));
    }

    [Test]
    public async Task Closed_store_answers_no_more()
    {
        var store = Open();
        await ReserveAsync(store);
        await store.DisposeAsync();
        await store.DisposeAsync();

        Assert.That(async () => await store.FindTaskAsync(Task1, None), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Lone_caller_has_its_answer_when_the_call_returns()
    {
        await using var store = Open();
        await ReserveAsync(store);

        Assert.That(store.ReserveAsync(Asked(), None).AsTask().IsCompletedSuccessfully, Is.True);
        Assert.That(store.FindTaskAsync(Task1, None).AsTask().IsCompletedSuccessfully, Is.True);
    }

    private static Reservation Asked() => new()
    {
        Task = Task1,
        Grant = "g",
        Engine = "e",
        Target = "t",
        Action = "read",
        Resource = "r",
        DecisionId = "d",
        TimeToLive = TimeSpan.FromMinutes(5),
        MaxTimeToLive = TimeSpan.FromMinutes(5),
        IssueTimeout = TimeSpan.FromMinutes(1),
        SettleMargin = TimeSpan.FromMinutes(1),
        Quotas = new LeaseQuotas(0, 0, 0),
    };

    private static async Task<Lease> ReserveAsync(SqliteLeaseStore store, string request = "")
    {
        await store.StartTaskAsync(Task1, new TaskContent("p", "i", new Dictionary<string, string>()), TimeSpan.FromHours(1), None);
        return (await store.ReserveAsync(Asked() with { RequestId = request }, None)).Lease!;
    }

    private SqliteLeaseStore Open() =>
        new(new SqliteStoreOptions { Path = _path, LockTimeout = TimeSpan.FromSeconds(1) }, _time);

    private void Execute(string sql) => Scalar(sql);

#pragma warning disable CA2100 // The texts are this file's own.
    private object? Scalar(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_path};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
#pragma warning restore CA2100
}
