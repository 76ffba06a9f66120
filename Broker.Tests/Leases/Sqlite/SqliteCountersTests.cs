using Microsoft.Data.Sqlite;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Sqlite;

namespace SecretsBroker.Tests.Leases.Sqlite;

/// <summary>Whatever is done in whatever order, the counters say what counting would say, and every live lease is due some day.</summary>
internal sealed class SqliteCountersTests
{
    // Each answers with the number of rows at which a counter and what it counts differ.
    private static readonly string[] Faults =
    [
        """
        SELECT count(*) FROM (SELECT target, count(*) AS live, sum(stuck) AS stuck FROM leases WHERE state < 4 GROUP BY target) AS real
        FULL JOIN targets USING (target) WHERE real.live IS NOT targets.live OR real.stuck IS NOT targets.stuck
        """,
        """
        SELECT count(*) FROM (SELECT owner, count(*) AS live FROM leases WHERE state < 4 GROUP BY owner) AS real
        FULL JOIN workloads USING (owner) WHERE coalesce(real.live, 0) IS NOT coalesce(workloads.live, 0)
        """,
        """
        SELECT count(*) FROM tasks WHERE
            live <> (SELECT count(*) FROM leases WHERE owner = tasks.owner AND task = tasks.id AND state < 4)
            OR kept <> (SELECT count(*) FROM leases WHERE owner = tasks.owner AND task = tasks.id)
        """,
        "SELECT count(*) FROM leases WHERE NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.owner = leases.owner AND tasks.id = leases.task)",
        "SELECT count(*) FROM leases WHERE (state < 4) <> (due IS NOT NULL) OR (state = 4) <> (forget_time IS NOT NULL)",
        "SELECT count(*) FROM leases WHERE (state < 3) <> (cause = 0) OR (cause = 0) <> (end_time IS NULL)",
        "SELECT count(*) FROM leases WHERE state = 4 AND (gone_time IS NULL OR gone_time < settle_time OR claimed OR stuck)",
        "SELECT count(*) FROM tasks WHERE (outcome IS NULL) <> (over_time IS NOT NULL)",
    ];

    private readonly ManualTime _time = new();
    private readonly List<Lease> _seen = [];
    private Random _random = null!;
    private SqliteLeaseStore _store = null!;

    private static CancellationToken None => CancellationToken.None;

    [Test]
    public async Task Counters_are_right_after_any_steps([Range(1, 8)] int seed)
    {
        using var folder = new TemporaryFolder();
        var path = folder.NewFile();
        _random = new Random(seed);
        _seen.Clear();
        await using (_store = new SqliteLeaseStore(
            new SqliteStoreOptions { Path = path, Durable = false, Retention = TimeSpan.FromMinutes(5) }, _time))
        {
            for (var step = 0; step < 600; step++)
            {
                await StepAsync();
                if (step % 20 == 19)
                {
                    AssertNoFaults(path, $"seed {seed}, step {step}");
                }
            }
        }

        Assert.That(_seen.Count(lease => lease.State == LeaseState.Revoked), Is.GreaterThan(10), "the steps should reach every state");
    }

    private async Task StepAsync()
    {
        var task = new TaskKey(new WorkloadId($"spiffe://example.org/{_random.Next(3)}"), new TaskId($"t{_random.Next(3)}"));
        var lease = _seen.Count == 0 ? null : await _store.FindLeaseAsync(_seen[^_random.Next(1, Math.Min(_seen.Count, 25) + 1)].Id, None);
        var id = lease?.Id ?? LeaseId.New(0);
        var time = TimeSpan.FromSeconds(_random.Next(90));
        switch (_random.Next(19))
        {
            case 0 or 1 or 2 or 3:
                await _store.StartTaskAsync(task, new TaskContent("", "", new Dictionary<string, string>()), TimeSpan.FromMinutes(9), None);
                var reserved = await _store.ReserveAsync(Asked(task), None);
                _seen.AddRange(new[] { reserved.Lease }.OfType<Lease>());
                break;
            case 4 or 5:
                await _store.ActivateAsync(id, "h", None);
                break;
            case 6:
                await _store.AbandonAsync(id, EndCause.IssueFailed, _random.Next(2) == 0, None);
                break;
            case 7:
                await _store.EndAsync(id, EndCause.Operator, None);
                break;
            case 8:
                await _store.RenewAsync(id, await _store.GetTimeAsync(None) + time, basis: null, None);
                break;
            case 9:
                await _store.EndTaskAsync(task, TaskOutcome.Failed, None);
                break;
            case 10:
                await _store.KeepAliveAsync([new Lifeline(task, time)], None);
                await _store.EndLostTasksAsync(0, 2, None);
                break;
            case 11:
                await _store.ClaimDueAsync(0, $"db{_random.Next(2)}", 3, time, None);
                break;
            case 12:
                await _store.PutBackAsync(id, lease?.Fence ?? 0, time, _random.Next(2) == 0, None);
                break;
            case 13 or 14 or 15:
                var claimed = await _store.ClaimAsync(id, time, None) ?? lease;
                await _store.MarkGoneAsync(id, claimed?.Fence ?? 0, "gone", None);
                if (_random.Next(4) > 0 && await _store.FinishAsync(id, claimed?.Fence ?? 0, None))
                {
                    _seen.Add((await _store.FindLeaseAsync(id, None))!);
                }

                break;
            case 16:
                await _store.EndMatchingAsync(0, new KillSelector(KillScope.Task, $"{task.Owner} {task.Id}"), null, 5, None);
                break;
            case 17:
                await _store.PurgeAsync(0, 3, None);
                break;
            default:
                _time.Advance(time);
                break;
        }
    }

    private Reservation Asked(TaskKey task) => new()
    {
        Task = task,
        Grant = "g",
        Engine = "e",
        Target = $"db{_random.Next(2)}",
        Action = "read",
        Resource = "r",
        DecisionId = "d",
        RequestId = _random.Next(3) switch { 0 => "", var n => $"r{n}" },
        TimeToLive = TimeSpan.FromSeconds(_random.Next(1, 300)),
        MaxTimeToLive = TimeSpan.FromSeconds(300),
        IssueTimeout = TimeSpan.FromSeconds(_random.Next(60)),
        SettleMargin = TimeSpan.FromSeconds(_random.Next(60)),
        Quotas = new LeaseQuotas(_random.Next(20), _random.Next(20), _random.Next(40)),
    };

#pragma warning disable CA2100 // The texts are this file's own.
    private static void AssertNoFaults(string path, string when)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false;Mode=ReadOnly");
        connection.Open();
        foreach (var fault in Faults)
        {
            using var command = connection.CreateCommand();
            command.CommandText = fault;
            Assert.That(command.ExecuteScalar(), Is.Zero, $"{when}: {fault}");
        }
    }
#pragma warning restore CA2100
}
