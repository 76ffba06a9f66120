using Microsoft.Extensions.Options;
using SecretsBroker.Api;
using SecretsBroker.Identity;
using SecretsBroker.Issuance;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Api;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CallLimiterTests
{
    private static readonly WorkloadId Alice = new("spiffe://example.org/alice");
    private static readonly WorkloadId Bob = new("spiffe://example.org/bob");

    private readonly ManualTime _time = new();
    private readonly CapturedLog _log = new();

    [Test]
    public void Workload_may_call_in_a_burst_and_then_at_the_rate()
    {
        var limiter = Limiter(issuesPerMinute: 3);

        Assert.That(Take(limiter, Alice, 100), Is.EqualTo(3 * CallLimiter.CallsPerIssue));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(Take(limiter, Alice, 100), Is.EqualTo(10));
    }

    [Test]
    public void One_workload_does_not_use_up_what_another_may()
    {
        var limiter = Limiter(issuesPerMinute: 1);
        Take(limiter, Alice, 100);

        Assert.That(Take(limiter, Bob, 100), Is.EqualTo(CallLimiter.CallsPerIssue));
    }

    [Test]
    public void No_rate_is_no_limit() => Assert.That(Take(Limiter(issuesPerMinute: 0), Alice, 10_000), Is.EqualTo(10_000));

    [Test]
    public void Concurrent_calls_are_all_counted()
    {
        var limiter = Limiter(issuesPerMinute: 10);
        var taken = 0;

        Parallel.For(0, 1_000, _ => Interlocked.Add(ref taken, limiter.TryTake(Alice) ? 1 : 0));

        Assert.That(taken, Is.EqualTo(10 * CallLimiter.CallsPerIssue));
    }

    [Test]
    public void Workloads_that_rest_are_forgotten()
    {
        var limiter = Limiter(issuesPerMinute: 600);
        for (var i = 0; i < 20_000; i++)
        {
            limiter.TryTake(new WorkloadId($"spiffe://example.org/{i}"));
        }

        _time.Advance(TimeSpan.FromMinutes(2));
        limiter.TryTake(Alice);

        Assert.That(limiter.Count, Is.EqualTo(1));
    }

    [Test]
    public void Flood_of_calls_is_not_a_flood_of_lines()
    {
        var limiter = Limiter(issuesPerMinute: 1);

        Take(limiter, Alice, 500);

        Assert.That(_log.Messages, Has.Count.EqualTo(1));
        Assert.That(_log.Messages.Single(), Does.Contain(Alice.Value));
    }

    private static int Take(CallLimiter limiter, WorkloadId workload, int calls) =>
        Enumerable.Range(0, calls).Count(_ => limiter.TryTake(workload));

    private CallLimiter Limiter(int issuesPerMinute) => new(
        Options.Create(new IssuanceOptions { MaxIssuesPerMinute = issuesPerMinute }), _time, new TypedLog<CallLimiter>(_log));

    private sealed class TypedLog<T>(CapturedLog log) : Microsoft.Extensions.Logging.ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(
            Microsoft.Extensions.Logging.LogLevel logLevel,
            Microsoft.Extensions.Logging.EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) => log.Log(logLevel, eventId, state, exception, formatter);
    }
}
