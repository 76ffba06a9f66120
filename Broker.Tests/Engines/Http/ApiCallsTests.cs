using System.Net;
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
        TestLeases.Target("vault", new { }) with { Timeout = TimeSpan.FromSeconds(10) }, new ApiFailures("the API", Own), _time);

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
        var unknown = EndWithTimeAsync(new InvalidOperationException("the connection is gone"));
        var known = EndWithTimeAsync(new ArithmeticException("the connection is gone"));

        _time.Advance(TimeSpan.FromSeconds(10));

        await AssertTookTooLongAsync(unknown);
        await AssertTookTooLongAsync(known);
    }

    [Test]
    public async Task Answer_that_comes_as_the_time_ends_is_told_as_what_it_is()
    {
        var refused = EndWithTimeAsync(new HttpRequestException("refused", inner: null, HttpStatusCode.Forbidden));
        var refusedInItsOwnWords = EndWithTimeAsync(new NotSupportedException("refused"));

        _time.Advance(TimeSpan.FromSeconds(10));

        foreach (var call in (Task[])[refused, refusedInItsOwnWords])
        {
            var failure = await Assert.ThrowsAsync<EngineException>(() => call);
            Assert.That((failure!.Message, failure.IsTransient), Is.EqualTo(("target vault-target: issuing was answered with status 403", false)));
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
        await Assert.ThrowsAsync<FormatException>(() => _calls.RunAsync("issuing", _ => Task.FromException(new FormatException()), CancellationToken.None));

    private static ApiFailure? Own(Exception e) => e switch
    {
        NotSupportedException => ApiFailure.OfStatus(403),
        ArithmeticException => new ApiFailure("failed: no connection", IsTransient: false),
        _ => null,
    };

    private Task EndWithTimeAsync(Exception e) => _calls.RunAsync(
        "issuing",
        async limit =>
        {
            await Task.Delay(Timeout.Infinite, limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw e;
        },
        CancellationToken.None);

    private static async Task AssertTookTooLongAsync(Task call)
    {
        var failure = await Assert.ThrowsAsync<EngineException>(() => call);
        Assert.That((failure!.Message, failure.IsTransient), Is.EqualTo(("target vault-target: issuing took too long", true)));
    }
}
