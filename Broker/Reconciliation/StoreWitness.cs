using System.Security.Cryptography;
using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Reconciliation;

/// <summary>
/// Sees that the store was set back: to an old snapshot, to a replica that missed writes, to nothing. The store remembers up to which record of
/// the audit log it is current. What the log says beyond that is held against it at each start, whenever the store remembers less than this
/// broker told it, and whenever another server of it answers; before leases that are due by what it says are revoked. What targets have to be
/// asked for goes on beside that.
/// </summary>
internal sealed partial class StoreWitness(
    ILogPositions positions,
    LogCatchUp catchUp,
    TargetCatchUp targets,
    AuditLog log,
    IAuditSink audit,
    IOptions<AuditOptions> options,
    BrokerMetrics metrics,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<StoreWitness> logger)
{
    // While it fails it reads the same part of the log again and again.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    private long? _told;
    private IReadOnlyList<string> _servers = [];
    private long? _failed;
    private CatchUpReport _lastTold;
    private Removal? _removal;

    /// <summary>Never throws for the store, the log or a target, and waits for no target: revoking goes on whatever else is down.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        if (_failed is { } failed && time.GetElapsedTime(failed) < RetryAfter)
        {
            return;
        }

        try
        {
            _failed = await TryFollowAsync(cancellationToken) ? null : time.GetTimestamp();
        }
        catch (Exception e) when (e is BrokerException or IOException or UnauthorizedAccessException)
        {
            _failed = e is StoreException ? null : time.GetTimestamp();
            metrics.StoreFailed("follow_log");
            LogFailed(e is BrokerException known ? known.Message : e.GetType().Name);
        }
    }

    /// <summary>Ends when no target is asked any more; soon, once the broker stops.</summary>
    public Task WhenIdleAsync(CancellationToken cancellationToken) =>
        _removal is { } removal ? Task.WhenAny(removal.Report).WaitAsync(cancellationToken) : Task.CompletedTask;

    private async Task<bool> TryFollowAsync(CancellationToken cancellationToken)
    {
        var broker = options.Value.Broker;
        // Before anything else: what is recorded later may not be in the store yet.
        var durable = log.LastDurable;
        var read = await positions.ReadPositionsAsync(cancellationToken);
        var stored = new Dictionary<string, long>(read.ByBroker);
        var known = stored.GetValueOrDefault(broker);
        var caughtUp = false;
        if (_removal is { } removal)
        {
            if (!removal.Report.IsCompleted)
            {
                return true;
            }

            _removal = null;
            if (!await IsDoneAsync(await removal.Report, cancellationToken))
            {
                return false;
            }

            // Not if it was set back once more meanwhile.
            caughtUp = known >= removal.From && read.Servers.SequenceEqual(removal.Servers);
        }

        if (!caughtUp && (_told is null || known < _told || !read.Servers.SequenceEqual(_servers)))
        {
            stored[broker] = known;
            if (known < _told)
            {
                LogSetBack(known, _told.Value);
            }
            else if (_told is not null)
            {
                LogOtherServer(known);
            }

            var begun = await catchUp.RunAsync(stored, cancellationToken);
            if (begun.Doubts.Count > 0)
            {
                // One at a time, and the position moves when it is done: a broker that stops before begins again.
                _removal = new Removal(known, read.Servers, targets.RunAsync(begun, lifetime.ApplicationStopping));
                return true;
            }

            if (!await IsDoneAsync(begun.Report, cancellationToken))
            {
                return false;
            }
        }

        // Refused where it was set back since it was read: the next pass finds that out.
        if (durable <= known || await positions.WritePositionAsync(broker, durable, read, cancellationToken))
        {
            (_told, _servers) = (Math.Max(durable, known), read.Servers);
        }

        return true;
    }

    private async Task<bool> IsDoneAsync(CatchUpReport report, CancellationToken cancellationToken)
    {
        await TellAsync(report, cancellationToken);
        return report.Left == 0;
    }

    private async Task TellAsync(CatchUpReport report, CancellationToken cancellationToken)
    {
        // What is left is tried again and again, and told once.
        if (!report.Changed || report == _lastTold)
        {
            return;
        }

        _lastTold = report;

        LogCaughtUp($"{report}");
        await audit.AppendAsync(
            new AuditRecord
            {
                Id = $"{AuditEventType.TargetReconciled}-{RandomNumberGenerator.GetHexString(24, lowercase: true)}",
                Type = AuditEventType.TargetReconciled,
                Outcome = "StoreSetBack",
                Reason = $"{report}",
                LeasesFound = report.Revoked + report.Left,
                LeasesGone = report.Revoked,
            },
            cancellationToken);
    }

    /// <param name="From">The position that the store had.</param>
    /// <param name="Servers">Who said so.</param>
    /// <param name="Report">What comes of it.</param>
    private sealed record Removal(long From, IReadOnlyList<string> Servers, Task<CatchUpReport> Report);

    [LoggerMessage(LogLevel.Critical, "The store was set back: it follows the audit log up to record {Known} and was told of {Told}")]
    private partial void LogSetBack(long known, long told);

    [LoggerMessage(
        LogLevel.Warning, "Another server of the store answers, or one that was started again: it is held against the audit log from record {Known} on")]
    private partial void LogOtherServer(long known);

    [LoggerMessage(LogLevel.Critical, "The store had forgotten what the audit log says: {Report}")]
    private partial void LogCaughtUp(string report);

    [LoggerMessage(LogLevel.Error, "The store could not be held against the audit log; the next pass tries again: {Failure}")]
    private partial void LogFailed(string failure);
}
