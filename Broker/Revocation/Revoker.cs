using System.Diagnostics;
using SecretsBroker.Audit;
using SecretsBroker.Behaviour;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation;

/// <summary>
/// Takes a lease back: claim, revoke at the target, look whether it is gone, note the proof, record it, finish. Each step may be
/// repeated by whoever claims the lease next; a failure puts it back with a growing delay, for ever.
/// </summary>
internal sealed partial class Revoker : IAsyncDisposable
{
    private const int AbandonAttempts = 6;

    private readonly TargetEngines _engines;
    private readonly ILeaseStore _store;
    private readonly IAuditSink _audit;
    private readonly SignalBuffer _signals;
    private readonly BrokerMetrics _metrics;
    private readonly BrokerTracing _tracing;
    private readonly RevocationOptions _options;
    private readonly Backoff _backoff;
    private readonly TimeProvider _time;
    private readonly ILogger<Revoker> _logger;
    private readonly BackgroundTasks _background = new();
    private readonly CancellationTokenSource _stopping = new();

    public Revoker(
        TargetEngines engines,
        ILeaseStore store,
        IAuditSink audit,
        SignalBuffer signals,
        BrokerMetrics metrics,
        BrokerTracing tracing,
        IOptions<RevocationOptions> options,
        Backoff backoff,
        TimeProvider time,
        ILogger<Revoker> logger)
    {
        _engines = engines;
        _store = store;
        _audit = audit;
        _signals = signals;
        _metrics = metrics;
        _tracing = tracing;
        _options = options.Value;
        _backoff = backoff;
        _time = time;
        _logger = logger;
    }

    /// <summary>Ends once nothing is under way any more.</summary>
    public Task WhenIdleAsync(CancellationToken cancellationToken) => _background.WhenIdleAsync(cancellationToken);

    /// <summary>Revokes a lease in the background, if it is due. What fails is left to the sweep.</summary>
    public void RevokeSoon(LeaseId id) => _ = RevokeNowAsync(id);

    /// <summary>
    /// For an issuer that will not hand out what it may have made: tells the store, as often as it takes within reason, and
    /// revokes. If the store stays away, the reservation or the expiry that it holds is the net below.
    /// </summary>
    public void AbandonSoon(LeaseId id, EndCause cause, bool settled) => _background.Track(AbandonAsync(id, cause, settled));

    /// <summary>Claims one lease if it is due, and revokes it. Never throws, and goes on when the caller stops waiting.</summary>
    /// <returns>The lease as it was last seen; null when it was not due, or the store could not be asked.</returns>
    public Task<Lease?> RevokeNowAsync(LeaseId id) => Track(FindAndRevokeAsync(id));

    private Task<Lease?> Track(Task<Lease?> revocation)
    {
        _background.Track(revocation);
        return revocation;
    }

    private async Task<Lease?> FindAndRevokeAsync(LeaseId id)
    {
        try
        {
            var lease = await _store.FindLeaseAsync(id, _stopping.Token);
            return lease is null || lease.State is LeaseState.Revoked ? lease : await ClaimAndRevokeAsync(id, lease.Target);
        }
        catch (Exception e)
        {
            LogStoreFailed("find", id, Describe(e));
            _metrics.StoreFailed("find");
            return null;
        }
    }

    private async Task<Lease?> ClaimAndRevokeAsync(LeaseId id, string target)
    {
        try
        {
            Task<Lease> recording;
            // The place comes before the claim: a claim that waits behind a slow target would run out.
            using (_engines.Find(target) is { } engine ? await engine.EnterRevokeAsync(_stopping.Token) : null)
            {
                var asked = _time.GetTimestamp();
                if (await _store.ClaimAsync(id, _options.Claim, _stopping.Token) is not { } claimed)
                {
                    return null;
                }

                recording = await RevokeClaimedAsync(claimed, asked);
            }

            return await recording;
        }
        catch (Exception e)
        {
            LogStoreFailed("claim", id, Describe(e));
            _metrics.StoreFailed("claim");
            return null;
        }
    }

    /// <summary>
    /// Revokes what the caller has claimed, in two parts: the outer task ends when the target has been dealt with, the inner one
    /// when that is on the record, so that a slow audit log keeps no place at a target. Never throws.
    /// </summary>
    /// <param name="claimed">The lease as the claim gave it.</param>
    /// <param name="asked">This machine's timestamp from before the claim was asked for.</param>
    /// <returns>The lease as it was last seen: marked gone when it is.</returns>
    public async Task<Task<Lease>> RevokeClaimedAsync(Lease claimed, long asked)
    {
        // Ended by whichever part is the last.
        var span = _tracing.StartRevocation(claimed);
        Lease? gone = null;
        try
        {
            gone = claimed.GoneTime is null ? await EndAccessAsync(claimed) : claimed;
        }
        catch (Exception e)
        {
            span.Fail(e);
            await PutBackAsync(claimed, e);
        }

        if (gone is null)
        {
            span?.Dispose();
            return Task.FromResult(claimed);
        }

        var recording = FinishAsync(claimed, gone, asked, span);
        _background.Track(recording);
        return recording;
    }

    /// <summary>Waits until what is in hand is done or its time is over.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        try
        {
            using var limit = new CancellationTokenSource(_options.StopTimeout, _time);
            await _background.WhenIdleAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            LogStoppedEarly(_background.Count);
        }

        await _stopping.CancelAsync();
        _stopping.Dispose();
    }

    /// <returns>Null when the claim was lost, or absence is not final yet.</returns>
    private async Task<Lease?> EndAccessAsync(Lease claimed)
    {
        var engine = _engines.Find(claimed.Target)
            ?? throw new EngineException(
                $"target {claimed.Target} is not in the catalogue: put it back until its leases are revoked", isTransient: true);
        if (engine.Target.Engine != claimed.Engine)
        {
            throw new EngineException(
                $"target {claimed.Target} is of type {engine.Target.Engine} now: bring its {claimed.Engine} target back, under its old name, "
                + "until its leases are revoked",
                isTransient: true);
        }

        Verification verification;
        try
        {
            if (await RevokeAndVerifyAsync(engine, claimed) is not { } seen)
            {
                return null;
            }

            verification = seen;
            engine.Revoking.Succeeded();
        }
        catch (EngineException)
        {
            engine.Revoking.Failed();
            throw;
        }

        if (!verification.Gone)
        {
            throw new EngineException($"target {claimed.Target} still has it: {verification.Evidence}", isTransient: true);
        }

        var marked = await _store.MarkGoneAsync(claimed.Id, claimed.Fence, verification.Evidence, _stopping.Token);
        if (marked.Status != MarkGoneStatus.Marked)
        {
            return null;
        }

        engine.Revoked.Add();
        return marked.Lease;
    }

    /// <returns>Null when a look at the target proves nothing yet; then the lease was put back.</returns>
    private async Task<Verification?> RevokeAndVerifyAsync(TargetEngine engine, Lease claimed)
    {
        // A claim comes after the end, so most leases need no question.
        if (claimed.SettleTime <= claimed.EndTime)
        {
            return await engine.RevokeAndVerifyAsync(claimed, _stopping.Token);
        }

        await engine.RevokeAsync(claimed, _stopping.Token);
        return await IsSettledAsync(claimed) ? await engine.VerifyAsync(claimed, _stopping.Token) : null;
    }

    /// <summary>
    /// Whether a look at the target proves anything yet. To be asked before looking: what is seen while an issue call may still take
    /// effect is no proof, however late it is noted. Otherwise puts the lease back until then.
    /// </summary>
    private async Task<bool> IsSettledAsync(Lease claimed)
    {
        var now = await _store.GetTimeAsync(_stopping.Token);
        if (now >= claimed.SettleTime)
        {
            return true;
        }

        await _store.PutBackAsync(claimed.Id, claimed.Fence, claimed.SettleTime - now, stuck: false, _stopping.Token);
        return false;
    }

    /// <summary>Puts on the record what is gone, and finishes it. Never throws.</summary>
    private async Task<Lease> FinishAsync(Lease claimed, Lease gone, long asked, Activity? span)
    {
        using var ended = span;
        try
        {
            if (_time.GetElapsedTime(asked) >= _options.Claim)
            {
                // Somebody else may hold it by now, and record it: one revocation, one record.
                LogClaimOver(gone.Id, gone.Target, _options.Claim);
                return gone;
            }

            await RecordAsync(gone, mayBeRecorded: claimed.TakenOver || claimed.GoneTime is not null);
            if (!await _store.FinishAsync(gone.Id, gone.Fence, _stopping.Token))
            {
                return gone;
            }

            var lag = gone.GoneTime!.Value - (gone.EndTime ?? gone.GoneTime.Value);
            _metrics.LeaseRevoked(gone.Cause, gone.Engine, gone.Target, lag);
            if (gone.Cause is EndCause.Failed or EndCause.Lost or EndCause.Violation)
            {
                _signals.Add(gone.Owner, Signal.Failed);
            }

            LogRevoked(gone.Id, gone.Cause, gone.Target, gone.Attempts, lag);
            return gone with { State = LeaseState.Revoked };
        }
        catch (Exception e)
        {
            span.Fail(e);
            await PutBackAsync(claimed, e);
            return gone;
        }
    }

    private async Task RecordAsync(Lease gone, bool mayBeRecorded)
    {
        // An attempt before this one may have died between recording and finishing, or failed there.
        if (mayBeRecorded && await _audit.ContainsAsync(LeaseRecords.RevokedId(gone), _stopping.Token))
        {
            return;
        }

        await _audit.AppendAsync(LeaseRecords.Revoked(gone, BrokerTracing.CurrentTraceId), _stopping.Token);
    }

    private async Task PutBackAsync(Lease claimed, Exception failure)
    {
        var delay = _backoff.After(claimed.Attempts);
        var stuck = claimed.Attempts >= _options.StuckAfter;
        LogFailed(stuck ? LogLevel.Error : LogLevel.Warning, claimed.Id, claimed.Target, claimed.Attempts, delay, Describe(failure));
        try
        {
            await _store.PutBackAsync(claimed.Id, claimed.Fence, delay, stuck, _stopping.Token);
        }
        catch (Exception e)
        {
            // The claim runs out by itself, and the lease is due again.
            LogStoreFailed("put back", claimed.Id, Describe(e));
            _metrics.StoreFailed("put_back");
        }
    }

    private async Task AbandonAsync(LeaseId id, EndCause cause, bool settled)
    {
        for (var attempt = 1; attempt <= AbandonAttempts; attempt++)
        {
            try
            {
                if (await _store.AbandonAsync(id, cause, settled, _stopping.Token) is not null)
                {
                    await RevokeNowAsync(id);
                }

                return;
            }
            catch (Exception e)
            {
                LogStoreFailed("abandon", id, Describe(e));
                _metrics.StoreFailed("abandon");
            }

            try
            {
                await Task.Delay(_backoff.After(attempt), _time, _stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static string Describe(Exception e) => e is BrokerException known ? known.Message : e.GetType().Name;
}
