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

    private Told? _told;
    private bool _isCaughtUp;
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

    private string Broker => options.Value.Broker;

    // Beside the position itself, under a name that no broker has: while targets are asked that stands still, and a store that is set back meanwhile
    // would not show it.
    private string Mark => $"{Broker}/mark";

    private async Task<bool> TryFollowAsync(CancellationToken cancellationToken)
    {
        // Before anything else: what is recorded later may not be in the store yet.
        var durable = log.LastDurable;
        var read = await positions.ReadPositionsAsync(cancellationToken);
        if (_told is null || IsSetBack(read, _told))
        {
            _isCaughtUp = false;
            _removal = _removal is null ? null : _removal with { IsOvertaken = true };
        }

        if (!_isCaughtUp && !await TryCatchUpAsync(durable, read, cancellationToken))
        {
            return true;
        }

        if (_removal is { } removal)
        {
            if (!removal.Report.IsCompleted)
            {
                await MarkAsync(durable, read, cancellationToken);
                return true;
            }

            (_removal, _isCaughtUp) = (null, false);
            if (!await IsDoneAsync(await removal.Report, cancellationToken))
            {
                return false;
            }

            if (removal.IsOvertaken)
            {
                return true;
            }

            _isCaughtUp = true;
        }

        // Refused where it was set back since it was read: the next pass finds that out.
        var known = read.ByBroker.GetValueOrDefault(Broker);
        if (durable <= known || await positions.WritePositionAsync(Broker, durable, read, cancellationToken))
        {
            _told = _told! with { Position = Math.Max(durable, known) };
        }

        return true;
    }

    /// <summary>
    /// Tells the store itself what it forgot. What targets have to be asked for is asked one at a time, and the position moves when it is done: a
    /// broker that stops before begins again, and so does a pass that finds that the store was set back once more meanwhile.
    /// </summary>
    /// <returns>False when it was set back since it was read: the next pass finds that out.</returns>
    private async Task<bool> TryCatchUpAsync(long durable, LogPositions read, CancellationToken cancellationToken)
    {
        // First: from here on it shows when anything is lost.
        if (!await MarkAsync(durable, read, cancellationToken))
        {
            return false;
        }

        var known = read.ByBroker.GetValueOrDefault(Broker);
        var begun = await catchUp.RunAsync(new Dictionary<string, long>(read.ByBroker) { [Broker] = known }, cancellationToken);
        _isCaughtUp = true;
        if (_removal is null && begun.Doubts.Count > 0)
        {
            _removal = new Removal(targets.RunAsync(begun, lifetime.ApplicationStopping), IsOvertaken: false);
        }
        else
        {
            await TellAsync(begun.Report, cancellationToken);
        }

        return true;
    }

    /// <returns>False when the store was set back since it was read.</returns>
    private async Task<bool> MarkAsync(long durable, LogPositions read, CancellationToken cancellationToken)
    {
        var isWritten = read.ByBroker.TryGetValue(Mark, out var mark) && mark == durable;
        if (!isWritten && !await positions.WritePositionAsync(Mark, durable, read, cancellationToken))
        {
            return false;
        }

        TellSetBack(read);
        _told = new Told(read.ByBroker.GetValueOrDefault(Broker), durable, read.Servers);
        return true;
    }

    private bool IsSetBack(LogPositions read, Told told) =>
        read.ByBroker.GetValueOrDefault(Broker) < told.Position
        || read.ByBroker.GetValueOrDefault(Mark) < told.Mark
        || !read.Servers.SequenceEqual(told.Servers);

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

    /// <param name="Position">Of this broker's log, as the store was told last or said first.</param>
    /// <param name="Mark">The same while targets are asked.</param>
    /// <param name="Servers">Who answered.</param>
    private sealed record Told(long Position, long Mark, IReadOnlyList<string> Servers);

    /// <param name="Report">What comes of it.</param>
    /// <param name="IsOvertaken">The store was set back once more since it began: it does not know of all that is to be removed.</param>
    private sealed record Removal(Task<CatchUpReport> Report, bool IsOvertaken);
}
