using System.Collections.Concurrent;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Telemetry;

namespace SecretsBroker.KillSwitch;

/// <summary>
/// What the audit log says of the kill switch. A kill does not wait for its record: what cannot be written is kept and tried again
/// with each pass, until it is on the disk or the broker ends; what the next one finds standing and not on the record, it records.
/// </summary>
internal sealed partial class KillRecords(IAuditSink audit, ILogger<KillRecords> logger)
{
    // More than anybody orders while a disk is full; beyond it the log of the process has to do.
    private const int MaxUnwritten = 10_000;

    private readonly ConcurrentQueue<AuditRecord> _unwritten = new();

    public int Unwritten => _unwritten.Count;

    /// <returns>Whether it is on the record now.</returns>
    public async Task<bool> WriteAsync(AuditRecord record)
    {
        try
        {
            await audit.AppendAsync(record, CancellationToken.None);
            return true;
        }
        catch (AuditException e)
        {
            LogNotRecorded(record.Id, e.Message);
            if (_unwritten.Count < MaxUnwritten)
            {
                _unwritten.Enqueue(record);
            }

            return false;
        }
    }

    public async Task WriteUnwrittenAsync()
    {
        for (var left = _unwritten.Count; left > 0 && _unwritten.TryDequeue(out var record); left--)
        {
            if (!await WriteAsync(record))
            {
                return;
            }
        }
    }

    /// <summary>Records an order whose giver may have died before it could.</summary>
    public async Task MakeSureOfAsync(KillOrder order, CancellationToken cancellationToken)
    {
        var record = Killed(order, workload: null, sourceAddress: "");
        if (!await ContainsAsync(record, cancellationToken))
        {
            await WriteAsync(record);
        }
    }

    /// <summary>Records that an order's time is over. What cannot be written is not kept: the next pass comes here again.</summary>
    /// <returns>Whether it is on the record now.</returns>
    public async Task<bool> RecordExpiryAsync(KillOrder order, CancellationToken cancellationToken)
    {
        var record = Expired(order);
        try
        {
            if (!await ContainsAsync(record, cancellationToken))
            {
                await audit.AppendAsync(record, cancellationToken);
            }

            return true;
        }
        catch (AuditException e)
        {
            LogNotRecorded(record.Id, e.Message);
            return false;
        }
    }

    private async Task<bool> ContainsAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        try
        {
            return await audit.ContainsAsync(record.Id, cancellationToken);
        }
        catch (AuditException)
        {
            // Written twice under one id is better than not at all.
            return false;
        }
    }

    /// <param name="order">As the store has it.</param>
    /// <param name="workload">Who gave it; null when that is only known from the order.</param>
    /// <param name="sourceAddress">Where from; empty when not known.</param>
    public static AuditRecord Killed(KillOrder order, Workload? workload, string sourceAddress) =>
        Of(order, $"kill/{order.Id}", order.IsQuarantine ? AuditEventType.Quarantined : AuditEventType.Killed, order.Actor) with
        {
            Authentication = workload?.Method.ToString() ?? "",
            SourceAddress = sourceAddress,
            ExpireTime = order.ExpireTime,
        };

    /// <param name="order">Whose time is over.</param>
    public static AuditRecord Expired(KillOrder order) =>
        Of(order, $"kill/{order.Id}/expired", AuditEventType.KillExpired, order.Actor) with { EndTime = order.ExpireTime };

    public static AuditRecord CarriedOut(KillOrder order, KillProgress progress) =>
        Of(order, $"kill/{order.Id}/carried-out", AuditEventType.KillCarriedOut, order.Actor) with
        {
            Outcome = progress.AllGone ? "gone" : progress.Walked ? "revoking" : "broken off",
            LeasesFound = progress.Found,
            LeasesEnded = progress.Ended,
            LeasesGone = progress.Gone,
            Lag = progress.LastGone,
        };

    public static AuditRecord LiftProposed(KillOrder order, Workload workload, string sourceAddress) =>
        Lift(order, $"kill/{order.Id}/lift-proposed", AuditEventType.KillLiftProposed, workload, sourceAddress);

    public static AuditRecord Lifted(KillOrder order, Workload workload, string sourceAddress) =>
        Lift(order, $"kill/{order.Id}/lifted", AuditEventType.KillLifted, workload, sourceAddress) with
        {
            ProposedBy = order.LiftProposal?.Actor ?? "",
        };

    private static AuditRecord Lift(KillOrder order, string id, AuditEventType type, Workload workload, string sourceAddress) =>
        Of(order, id, type, workload.Id.Value) with { Authentication = workload.Method.ToString(), SourceAddress = sourceAddress };

    private static AuditRecord Of(KillOrder order, string id, AuditEventType type, string actor) => new()
    {
        Id = id,
        Type = type,
        // Of a quarantine whose it is: the broker itself gave it.
        Workload = actor == KillOrder.CircuitBreaker ? order.Selector.Value : actor,
        KillOrder = order.Id,
        Selector = order.Selector.ToString(),
        Reason = order.Reason,
        TraceId = BrokerTracing.CurrentTraceId,
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "Record {Record} of the kill switch is not in the audit log yet; it is tried again: {Failure}")]
    private partial void LogNotRecorded(string record, string failure);
}
