using SecretsBroker.Engines;
using SecretsBroker.Engines.Http;

namespace SecretsBroker.Tests.Engines.Http;

/// <summary>What ends a call, and what becomes of it.</summary>
internal sealed class ApiCallsTests
{
    private readonly ManualTime _time = new();
    private ApiCalls _calls = null!;

    [SetUp]
    public void Make() => _calls = new ApiCalls(
        TestLeases.Target("vault", new { }) with { Timeout = TimeSpan.FromSeconds(10) }, new ApiFailures("the API", _ => null), _time);

    [Test]
    public async Task Call_has_the_targets_time_and_no_more()
    {
        var call = _calls.RunAsync("issuing", limit => Task.Delay(Timeout.Infinite, limit), CancellationToken.None);

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.That(call.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromSeconds(1));

        await AssertTookTooLongAsync(call);
    }

    [Test]
    public async Task Call_has_no_more_than_its_share_of_the_targets_time()
    {
        var call = _calls.RunAsync("issuing", limit => Task.Delay(Timeout.Infinite, limit), CancellationToken.None, share: 0.5);

        _time.Advance(TimeSpan.FromSeconds(5));

        await AssertTookTooLongAsync(call);
    }

    [Test]
    public async Task Call_that_ends_with_its_time_took_too_long_whatever_a_library_makes_of_it()
    {
        var call = _calls.RunAsync("issuing", CallAsync, CancellationToken.None);

        _time.Advance(TimeSpan.FromSeconds(10));

        await AssertTookTooLongAsync(call);

        static async Task CallAsync(CancellationToken limit)
        {
            await Task.Delay(Timeout.Infinite, limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new InvalidOperationException("the connection is gone");
        }
    }

    [Test]
    public async Task Caller_who_gives_up_is_told_nothing_else()
    {
        using var giveUp = new CancellationTokenSource();
        var call = _calls.RunAsync("issuing", limit => Task.Delay(Timeout.Infinite, limit), giveUp.Token);

        await giveUp.CancelAsync();

        await Assert.CatchAsync<OperationCanceledException>(() => call);
        await Assert.CatchAsync<OperationCanceledException>(() => _calls.RunAsync("issuing", _ => Task.FromException(new IOException()), giveUp.Token));
    }

    [Test]
    public async Task Fault_of_the_brokers_own_is_not_the_targets() =>
        await Assert.ThrowsAsync<NotSupportedException>(() => _calls.RunAsync("issuing", _ => Task.FromException(new NotSupportedException()), CancellationToken.None));

    private static async Task AssertTookTooLongAsync(Task call)
    {
        var failure = await Assert.ThrowsAsync<EngineException>(() => call);
        Assert.That((failure!.Message, failure.IsTransient), Is.EqualTo(("target vault-target: issuing took too long", true)));
    }
}
