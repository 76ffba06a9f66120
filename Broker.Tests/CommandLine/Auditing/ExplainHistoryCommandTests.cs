using System.Text.Json;
using SecretsBroker.Audit;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.CommandLine.Policies;
using SecretsBroker.Tests.Explaining;

namespace SecretsBroker.Tests.CommandLine.Auditing;

/// <summary><c>broker explain</c> and <c>broker audit query</c> on folders.</summary>
[NonParallelizable]
internal sealed class ExplainHistoryCommandTests
{
    private AuditFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new AuditFolder();

    [TearDown]
    public async Task TearDown() => await _folder.DisposeAsync();

    [Test]
    public async Task Lease_is_told_on_one_page()
    {
        await WriteAsync(RecordedHistory.Records);

        var run = await BrokerRun.InvokeAsync("explain", RecordedHistory.Lease, "--folder", _folder.Path);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output.ReplaceLineEndings("\n"), Is.EqualTo(await GoldenAsync("lease-page.txt", run.Output)));
    }

    [Test]
    public async Task Task_is_told_on_one_page()
    {
        await WriteAsync(RecordedHistory.Records);

        var run = await BrokerRun.InvokeAsync("explain", RecordedHistory.Task, "--folder", _folder.Path);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output.ReplaceLineEndings("\n"), Is.EqualTo(await GoldenAsync("task-page.txt", run.Output)));
    }

    [Test]
    public async Task Json_has_the_same_for_programs()
    {
        await WriteAsync(RecordedHistory.Records);

        var run = await BrokerRun.InvokeAsync("explain", RecordedHistory.Lease, "--folder", _folder.Path, "--json");

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        using var json = JsonDocument.Parse(run.Output);
        var told = json.RootElement.GetProperty("explanation");
        Assert.That(told.GetProperty("lease_id").GetString(), Is.EqualTo(RecordedHistory.Lease));
        Assert.That(told.GetProperty("end").GetProperty("outlived").GetString(), Is.EqualTo("3s"));
        Assert.That(told.GetProperty("coverage").GetProperty("whole").GetBoolean(), Is.True);
    }

    [TestCase("", "", "https://idp.example.org/#00u1 (as the workload states it)")]
    [TestCase("https://idp.example.org/", "", "https://idp.example.org/#00u1 (shown by a token)")]
    [TestCase("https://idp.example.org/", "carol@example.org", "https://idp.example.org/#00u1 (carol@example.org; shown by a token)")]
    public async Task Initiator_whom_a_token_showed_is_told_from_one_that_is_merely_stated(string issuer, string name, string told)
    {
        await WriteAsync([.. RecordedHistory.Records.Select(record => record with
        {
            Initiator = "https://idp.example.org/#00u1", InitiatorIssuer = issuer, InitiatorName = name,
        })]);

        var run = await BrokerRun.InvokeAsync("explain", RecordedHistory.Lease, "--folder", _folder.Path);

        Assert.That(run.Output, Does.Contain(told));
    }

    [Test]
    public async Task What_is_missing_has_an_exit_code_of_its_own()
    {
        await WriteAsync(RecordedHistory.Records.Where(record => record.Type != AuditEventType.Decided));

        var run = await BrokerRun.InvokeAsync("explain", RecordedHistory.Lease, "--folder", _folder.Path);

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Does.Match("missing +the decision that allowed it"));
    }

    [Test]
    public async Task Words_of_callers_cannot_move_the_cursor_or_reorder_the_page([Values("--json", "--limit=100")] string form)
    {
        const string Hostile = "\u001b[2J\u202egnihton\u2066\u009b31m\nlease 0: gone\U000e0041";
        await WriteAsync([.. RecordedHistory.Records.Select(record => record with { Purpose = Hostile, Reason = Hostile, Initiator = Hostile, InitiatorIssuer = "i", InitiatorName = Hostile, TaskPurpose = Hostile, Proof = Hostile })]);

        var page = await BrokerRun.InvokeAsync(["explain", RecordedHistory.Lease, "--folder", _folder.Path, .. form == "--json" ? [form] : Array.Empty<string>()]);
        var records = await BrokerRun.InvokeAsync("audit", "query", "--folder", _folder.Path, form);

        foreach (var run in new[] { page, records })
        {
            Assert.That(run.Output, Does.Contain("2J").And.Not.Contain("\u001b").And.Not.Contain("\u202e").And.Not.Contain("\u2066")
                .And.Not.Contain("\u009b").And.Not.Contain("\U000e0041"));
            Assert.That(run.Output.Split('\n'), Has.None.StartsWith("lease 0:"));
        }

        if (form == "--json")
        {
            using var json = JsonDocument.Parse(page.Output);
            Assert.That(json.RootElement.GetProperty("explanation").GetProperty("intent").GetProperty("purpose").GetString(), Is.EqualTo(Hostile));
        }
    }

    [Test]
    public async Task Unknown_id_is_said_to_be_unknown([Values("t-nowhere", "07abcdefghijklmnopqrstuv02")] string id)
    {
        await WriteAsync(RecordedHistory.Records);

        var run = await BrokerRun.InvokeAsync("explain", id, "--folder", _folder.Path);

        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((1, $"No record is about {id}.{Environment.NewLine}")));
    }

    [Test]
    public async Task Folder_without_logs_is_named()
    {
        var run = await BrokerRun.InvokeAsync("explain", RecordedHistory.Lease, "--folder", _folder.Path);

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain(_folder.Path).And.Contain("no folder with audit logs"));
    }

    [Test]
    public async Task Query_shows_lines_that_meet_the_filter_and_what_was_read()
    {
        await WriteAsync(RecordedHistory.Records);

        var run = await BrokerRun.InvokeAsync("audit", "query", "--folder", _folder.Path, "--outcome", "violation");

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output.ReplaceLineEndings("\n"), Is.EqualTo(
            $"""
            2030-01-01 00:00:08.000Z  one#9  Used (violation)  {RecordedHistory.Workload}  task {RecordedHistory.Task}  lease {RecordedHistory.Lease}  read payroll/42  another resource than intended was touched
            records: 1
              read of one: records 1 to {RecordedHistory.Records.Count}

            """));
    }

    [Test]
    public async Task Query_as_json_is_the_lines_of_the_log()
    {
        await WriteAsync(RecordedHistory.Records);

        var run = await BrokerRun.InvokeAsync("audit", "query", "--folder", _folder.Path, "--json", "--limit", "0");

        Assert.That(run.Output, Is.EqualTo(await File.ReadAllTextAsync(_folder.Current())));
    }

    [Test]
    public async Task Query_stops_at_its_limit_and_says_so()
    {
        await WriteAsync(RecordedHistory.Records);

        var run = await BrokerRun.InvokeAsync("audit", "query", "--folder", _folder.Path, "--limit", "2");

        Assert.That(run.Output, Does.Contain("records: 2; there may be more (--limit)"));
    }

    [Test]
    public async Task Query_over_a_changed_log_says_so_and_has_an_exit_code_of_its_own()
    {
        await WriteAsync(RecordedHistory.Records);
        var text = await File.ReadAllTextAsync(_folder.Current());
        await File.WriteAllTextAsync(_folder.Current(), text.Replace("payroll/42", "payroll/43", StringComparison.Ordinal));

        var run = await BrokerRun.InvokeAsync("audit", "query", "--folder", _folder.Path);

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("a line behind record 8 of one is damaged or was changed"));
    }

    [TestCase("--workload", "carol")]
    [TestCase("--outcome", "a;b")]
    [TestCase("--since", "yesterday")]
    public async Task What_cannot_be_asked_for_is_refused(string option, string value)
    {
        await WriteAsync(RecordedHistory.Records);

        var run = await BrokerRun.InvokeAsync("audit", "query", "--folder", _folder.Path, option, value);

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Is.Not.Empty);
    }

    /// <summary>The page as it is kept beside this test; what came instead is left beside the test's assembly, to be compared.</summary>
    private static async Task<string> GoldenAsync(string name, string output)
    {
        await File.WriteAllTextAsync(Path.Combine(AppContext.BaseDirectory, name), output);
        return await File.ReadAllTextAsync(Path.Combine(Repository.Root, "Broker.Tests", "CommandLine", "Auditing", name));
    }

    private async Task WriteAsync(IEnumerable<AuditRecord> records)
    {
        var time = new ManualTime();
        await using var log = _folder.Open(_folder.Options(), time: time);
        foreach (var record in records)
        {
            await log.AppendAsync(record, CancellationToken.None);
            time.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
