using System.Collections.Concurrent;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Reconciliation.Signers;

/// <summary>
/// Tells operators of active leases that were signed by a key which the broker does not have: after a start, whenever its keys have changed, and now
/// and then, because another broker of the store may have other keys. It keeps nobody from issuing: what is signed now can be taken back.
/// </summary>
internal sealed partial class SignerWatch(LeaseSigners signers, BrokerMetrics metrics, TimeProvider time, ILogger<SignerWatch> logger)
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LookAgainWhileLost = TimeSpan.FromMinutes(1);

    /// <summary>Of the time that a look took: it reads all active leases, and each broker does.</summary>
    private const int Rest = 20;

    private readonly ConcurrentDictionary<string, int> _lost = new();
    private string? _known;
    private long _last;
    private TimeSpan _rest;

    /// <summary>As it was when it last looked.</summary>
    public int CountAt(string target) => _lost.GetValueOrDefault(target);

    /// <summary>One tick of the recurring job: looks when it is time to. Ticks must not overlap.</summary>
    /// <exception cref="StoreException">The leases cannot be read; the next tick tries again.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var known = string.Join(' ', signers.ReadKnown().Select(target => $"{target.Key}={string.Join(',', target.Value)}").Order(StringComparer.Ordinal));
        var wait = _lost.Values.Any(count => count > 0) ? LookAgainWhileLost : LookAgainAfter;
        if (known == _known && time.GetElapsedTime(_last) < (_rest > wait ? _rest : wait))
        {
            return;
        }

        var start = time.GetTimestamp();
        try
        {
            foreach (var (target, count) in await signers.CountLostAsync(cancellationToken))
            {
                Tell(target, count);
            }
        }
        catch (StoreException)
        {
            metrics.StoreFailed("list_live");
            throw;
        }

        (_known, _last) = (known, time.GetTimestamp());
        _rest = time.GetElapsedTime(start, _last) * Rest;
    }

    private void Tell(string target, int count)
    {
        var before = CountAt(target);
        _lost[target] = count;
        metrics.SetLostSigners(target, count);
        if (count > before)
        {
            LogLost(count, target, signers.MeaningAt(target));
        }
        else if (count == 0 && before > 0)
        {
            LogNoneLost(target);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Count} active leases of target {Target} were signed by a key that this broker does not have, or cannot read: {Meaning}")]
    private partial void LogLost(int count, string target, string meaning);

    [LoggerMessage(LogLevel.Information, "No active lease of target {Target} is left that was signed by a key that this broker does not have")]
    private partial void LogNoneLost(string target);
}
