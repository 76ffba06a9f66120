using System.Security.Cryptography;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Identity.Keys;

/// <summary>
/// Keys that are fetched over the network. Callers go on with those they have while new ones are fetched, and those outlive their
/// origin for a time.
/// </summary>
internal abstract partial class FetchedKeySource(
    IdentityOptions options, ExternalSystem system, BrokerMetrics metrics, TimeProvider time, ILogger logger) : KeySource(time)
{
    private const int AttemptsInARow = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);

    private volatile Fetched? _fetched;
    private int _failuresInARow;

    protected IdentityOptions Options => options;

    /// <summary>What was fetched last, however long ago; null before that.</summary>
    protected KeyRing? Last => _fetched?.Ring;

    protected override KeyRing Trusted =>
        _fetched is { } fetched && Time.GetElapsedTime(fetched.Timestamp) < options.KeyLifetime ? fetched.Ring : KeyRing.Unavailable;

    protected override bool WaitsWhenDue => false;

    /// <summary>Fetches once. Throws when there is nothing to believe.</summary>
    protected abstract Task<KeyRing> FetchAsync(CancellationToken cancellationToken);

    /// <summary>When keys that were just fetched are fetched again.</summary>
    protected abstract TimeSpan IntervalOf(KeyRing ring);

    protected override async Task<Schedule> RefreshAsync(CancellationToken stopping)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var ring = await FetchInTimeAsync(stopping);
                LogFetched(ring);
                _fetched = new Fetched(ring, Time.GetTimestamp());
                _failuresInARow = 0;
                var interval = IntervalOf(ring);
                return new Schedule(interval, interval < options.UnknownKeyInterval ? interval : options.UnknownKeyInterval);
            }
            catch (Exception fault) when (!stopping.IsCancellationRequested)
            {
                metrics.ExternalCallFailed(system);
                LogFailed(Name, attempt, Describe(fault), Trusted.Count);
            }
            catch (OperationCanceledException)
            {
                return default;
            }

            if (attempt == AttemptsInARow)
                return Postpone();
            await PauseAsync(FirstPause * attempt, stopping);
        }
    }

    private async Task<KeyRing> FetchInTimeAsync(CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(options.DiscoveryTimeout, Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        return await FetchAsync(both.Token);
    }

    // Soon at first, because without keys nobody gets in, then no oftener than for unknown keys.
    private Schedule Postpone()
    {
        var delay = FirstDelay * Math.Pow(2, Math.Min(_failuresInARow++, 16));
        var bounded = Jitter(delay < options.UnknownKeyInterval ? delay : options.UnknownKeyInterval);
        return new Schedule(bounded, bounded);
    }

    private Task PauseAsync(TimeSpan pause, CancellationToken stopping) =>
        Task.Delay(Jitter(pause), Time, stopping).ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    // Between the whole and twice of it, so that brokers which lost one origin together do not come back together.
    private static TimeSpan Jitter(TimeSpan span) => span * (1 + (RandomNumberGenerator.GetInt32(1000) / 1000.0));

    private void LogFetched(KeyRing ring)
    {
        if (ring.Count == 0)
            LogEmptied(Name);
        else
            LogLoaded(Name, ring.Count);
    }

    // Types and our own rules only: what the other side said does not belong in the log.
    private static string Describe(Exception fault) => fault switch
    {
        KeySourceException known => known.Message,
        HttpRequestException http => http.HttpRequestError.ToString(),
        OperationCanceledException => "timeout",
        _ => fault.GetType().Name,
    };

    private sealed record Fetched(KeyRing Ring, long Timestamp);
}
