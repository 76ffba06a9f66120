using System.Collections.Concurrent;
using Npgsql;
using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

internal sealed class GatheringTests
{
    private readonly ConcurrentQueue<int[]> _calls = new();
    private TaskCompletionSource _gate = null!;
    private Gathering<int, string> _gathering = null!;
    private Func<IReadOnlyList<int>, Exception?> _failure = null!;

    [SetUp]
    public void Create()
    {
        _calls.Clear();
        _failure = _ => null;
        _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gathering = new Gathering<int, string>(lanes: 1, width: 4, TimeProvider.System, CallAsync);
    }

    [Test]
    public async Task Lone_request_is_called_for_at_once()
    {
        using var limit = NewLimit();

        var running = _gathering.RunAsync(7, limit);

        Assert.That(_calls, Is.EqualTo(new[] { new[] { 7 } }));
        _gate.SetResult();
        Assert.That(await running, Is.EqualTo("7"));
    }

    [Test]
    public async Task Requests_that_come_meanwhile_go_together_in_their_order_and_as_many_as_fit()
    {
        using var limit = NewLimit();

        var running = Enumerable.Range(1, 7).Select(n => _gathering.RunAsync(n, limit)).ToArray();
        _gate.SetResult();

        Assert.That(await Task.WhenAll(running), Is.EqualTo(new[] { "1", "2", "3", "4", "5", "6", "7" }));
        Assert.That(_calls, Is.EqualTo(new int[][] { [1], [2, 3, 4, 5], [6, 7] }));
    }

    [Test]
    public async Task Further_lane_is_taken_for_a_full_load()
    {
        using var limit = NewLimit();
        var time = new ManualTime();
        _gathering = new Gathering<int, string>(lanes: 2, width: 4, time, CallAsync);

        var running = Enumerable.Range(1, 4).Select(n => _gathering.RunAsync(n, limit)).ToList();
        Assert.That(_calls, Is.EqualTo(new int[][] { [1] }));
        running.Add(_gathering.RunAsync(5, limit));
        await Wait.UntilAsync(() => _calls.Count == 2);
        // Now both are taken.
        running.AddRange(Enumerable.Range(6, 4).Select(n => _gathering.RunAsync(n, limit)));

        Assert.That(_calls, Is.EqualTo(new int[][] { [1], [2, 3, 4, 5] }));
        _gate.SetResult();
        Assert.That(await Task.WhenAll(running), Is.EqualTo(Enumerable.Range(1, 9).Select(n => $"{n}")));
    }

    [Test]
    public async Task Further_lane_is_taken_when_the_first_one_hangs()
    {
        using var limit = NewLimit();
        var time = new ManualTime();
        _gathering = new Gathering<int, string>(lanes: 2, width: 4, time, CallAsync);
        var running = Enumerable.Range(1, 3).Select(n => _gathering.RunAsync(n, limit)).ToList();
        time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.That(_calls, Is.EqualTo(new int[][] { [1] }));

        time.Advance(TimeSpan.FromMilliseconds(1));
        await Wait.UntilAsync(() => _calls.Count == 2);

        Assert.That(_calls, Is.EqualTo(new int[][] { [1], [2, 3] }));
        _gate.SetResult();
        Assert.That(await Task.WhenAll(running), Is.EqualTo(new[] { "1", "2", "3" }));
    }

    [Test]
    public async Task Request_at_fault_fails_alone([Values(2, 3, 4, 5)] int culprit)
    {
        using var limit = NewLimit();
        _failure = requests => requests.Contains(culprit) ? Failure(PostgresErrorCodes.DuplicateObject) : null;

        var running = Enumerable.Range(1, 5).Select(n => _gathering.RunAsync(n, limit)).ToArray();
        _gate.SetResult();

        for (var n = 1; n <= 5; n++)
        {
            if (n == culprit)
            {
                await Assert.ThrowsAsync<PostgresException>(() => running[n - 1]);
            }
            else
            {
                Assert.That(await running[n - 1], Is.EqualTo($"{n}"));
            }
        }
    }

    [Test]
    public async Task Failure_of_the_server_or_of_the_way_to_it_is_that_of_all_and_not_tried_on_each(
        [Values("08006", "53300", "57P01", "")] string sqlState)
    {
        using var limit = NewLimit();
        _failure = requests => requests.Count == 1 ? null : sqlState.Length > 0 ? Failure(sqlState) : new NpgsqlException("cut off");

        var running = Enumerable.Range(1, 4).Select(n => _gathering.RunAsync(n, limit)).ToArray();
        _gate.SetResult();

        Assert.That(await running[0], Is.EqualTo("1"));
        foreach (var failed in running.Skip(1))
        {
            Assert.That(async () => await failed, Throws.InstanceOf<NpgsqlException>());
        }

        Assert.That(_calls, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Whoever_gives_up_before_its_turn_is_not_called_for()
    {
        using var limit = NewLimit();
        using var givingUp = new CancellationTokenSource();
        using var impatient = new CallLimit(TimeSpan.FromMinutes(1), TimeProvider.System, givingUp.Token);
        var first = _gathering.RunAsync(1, limit);
        var second = _gathering.RunAsync(2, impatient);
        var third = _gathering.RunAsync(3, limit);

        await givingUp.CancelAsync();
        Assert.That(async () => await second, Throws.InstanceOf<OperationCanceledException>());
        _gate.SetResult();
        await Task.WhenAll(first, third);

        Assert.That(_calls, Is.EqualTo(new int[][] { [1], [3] }));
    }

    [Test]
    public async Task Whoever_gives_up_under_way_is_let_go_and_holds_up_nobody()
    {
        using var limit = NewLimit();
        using var givingUp = new CancellationTokenSource();
        var impatient = new CallLimit(TimeSpan.FromMinutes(1), TimeProvider.System, givingUp.Token);
        var first = _gathering.RunAsync(1, limit);
        var second = _gathering.RunAsync(2, impatient);
        var third = _gathering.RunAsync(3, limit);
        var opened = _gate;
        _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        opened.SetResult();
        await first;
        await Wait.UntilAsync(() => _calls.Count == 2);

        await givingUp.CancelAsync();
        Assert.That(async () => await second, Throws.InstanceOf<OperationCanceledException>());
        impatient.Dispose();
        Assert.That(third.IsCompleted, Is.False);
        _gate.SetResult();

        Assert.That(await third, Is.EqualTo("3"));
    }

    [Test]
    public async Task Lane_is_free_again_after_every_kind_of_end()
    {
        using var limit = NewLimit();
        _gate.SetResult();
        _failure = _ => Failure(PostgresErrorCodes.DuplicateObject);
        await Assert.ThrowsAsync<PostgresException>(() => _gathering.RunAsync(1, limit));
        _failure = _ => null;

        for (var n = 2; n < 50; n++)
        {
            Assert.That(await _gathering.RunAsync(n, limit), Is.EqualTo($"{n}"));
        }
    }

    private async Task<IReadOnlyList<string>> CallAsync(IReadOnlyList<int> requests, CallLimit limit)
    {
        _calls.Enqueue([.. requests]);
        await _gate.Task.WaitAsync(limit.Token);
        return _failure(requests) is { } failure ? throw failure : [.. requests.Select(request => $"{request}")];
    }

    private static CallLimit NewLimit() => new(TimeSpan.FromMinutes(1), TimeProvider.System, CancellationToken.None);

    private static PostgresException Failure(string sqlState) => new("not for callers", "ERROR", "ERROR", sqlState);
}
