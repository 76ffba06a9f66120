using System.Collections.Concurrent;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Revocation;

namespace SecretsBroker.KillSwitch;

/// <summary>
/// Carries an order out: ends what it covers in every shard, revokes it at once, and watches until it is proven gone. It asks neither
/// policy nor the audit log. Each step may be repeated, here or at another broker; nobody who watches keeps it going or stops it.
/// </summary>
internal sealed partial class KillExecutor(
    ILeaseStore store,
    TargetEngines engines,
    Revoker revoker,
    KillWalk walk,
    KillRecords records,
    TimeProvider time,
    ILogger<KillExecutor> logger) : IAsyncDisposable
{
    /// <summary>How long nothing more may be proven gone before what is left is the sweep's alone, and is shown in its backlog.</summary>
    public static readonly TimeSpan FollowLimit = TimeSpan.FromMinutes(1);

    private const int LooksAtOnce = 100;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, Run> _runs = new();
    private readonly ConcurrentDictionary<string, byte> _walked = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();

    /// <summary>Begins, or joins what this broker has begun. The order is in every shard.</summary>
    public KillExecution Start(KillOrder order)
    {
        lock (_gate)
        {
            if (_runs.TryGetValue(order.Id, out var running))
            {
                return running.Execution;
            }

            var run = new Run(new KillExecution(order));
            _runs[order.Id] = run;
            run.Task = Task.Run(() => RunAsync(run));
            return run.Execution;
        }
    }

    /// <summary>
    /// Whether this broker is at it or has looked at all that was live when the order was given; nothing that it covers has come
    /// since, so that once is enough.
    /// </summary>
    public bool IsAtOrDone(string order) => _runs.ContainsKey(order) || _walked.ContainsKey(order);

    /// <summary>The orders that this broker is at or done with.</summary>
    public IReadOnlyCollection<string> Known() => [.. _runs.Keys.Concat(_walked.Keys)];

    /// <summary>Stops carrying it out: what is issued after an order was lifted is not its.</summary>
    public void Lifted(string order)
    {
        _walked.TryRemove(order, out _);
        if (_runs.TryGetValue(order, out var run))
        {
            run.Stop();
        }
    }

    /// <summary>Ends what is under way between two steps; another broker, or the next start, goes on.</summary>
    public async Task StopAsync()
    {
        if (!_stopping.IsCancellationRequested)
        {
            await _stopping.CancelAsync();
        }

        await Task.WhenAll(_runs.Values.Select(run => run.Task));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task RunAsync(Run run)
    {
        await CarryOutAsync(run);
        var (order, progress) = (run.Execution.Order, run.Execution.Progress);
        LogCarriedOut(order.Id, $"{order.Selector}", progress.Found, progress.Ended, progress.Gone, progress.Revoking);
        if (progress.Found > 0)
        {
            await records.WriteAsync(KillRecords.CarriedOut(order, progress));
        }

        _runs.TryRemove(order.Id, out _);
    }

    private async Task CarryOutAsync(Run run)
    {
        var execution = run.Execution;
        var queues = new RevocationQueues(revoker, engines, execution.Tried);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, run.Stopped);
        try
        {
            var looking = LookAsync(execution, stop.Token);
            await walk.WalkAsync(execution.Order, page => Take(page, execution, queues), stop.Token);
            execution.Walked();
            _walked[execution.Order.Id] = 0;
            await looking;
        }
        catch (OperationCanceledException)
        {
            // Lifted or stopping; the numbers say how far it came.
        }
        catch (Exception e)
        {
            // The next pass over the standing orders begins again.
            LogFailed(execution.Order.Id, e.GetType().Name);
        }
        finally
        {
            await stop.CancelAsync();
            queues.Close();
            execution.End();
        }
    }

    private static void Take(EndPage page, KillExecution execution, RevocationQueues queues)
    {
        execution.Covered(page);
        foreach (var lease in page.Ended.Concat(page.EndedBefore))
        {
            queues.Add(lease);
        }
    }

    /// <summary>Looks at what was tried and not seen gone: it is tried again by the sweep, here or at another broker.</summary>
    private async Task LookAsync(KillExecution execution, CancellationToken cancellationToken)
    {
        var (seen, since) = (KillProgress.None, time.GetTimestamp());
        while (!seen.AllGone && !(seen.Walked && time.GetElapsedTime(since) >= FollowLimit))
        {
            await Task.Delay(LookInterval, time, cancellationToken);
            if (execution.Progress is var progress && progress != seen)
            {
                (seen, since) = (progress, time.GetTimestamp());
            }

            foreach (var ids in execution.TakeTried().Chunk(LooksAtOnce))
            {
                await Task.WhenAll(ids.Select(id => LookAsync(execution, id, cancellationToken)));
            }
        }
    }

    private async Task LookAsync(KillExecution execution, LeaseId id, CancellationToken cancellationToken)
    {
        try
        {
            if (await store.FindLeaseAsync(id, cancellationToken) is { } lease)
            {
                execution.Tried(id, lease);
            }
            else
            {
                // Revoked, and forgotten since.
                execution.Gone(id, execution.Order.CreateTime);
            }
        }
        catch (StoreException)
        {
            execution.Tried(id, lease: null);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Kill order {Order} on {Selector} carried out: {Found} found, {Ended} ended by it, {Gone} proven gone, {Revoking} still revoking")]
    private partial void LogCarriedOut(string order, string selector, long found, long ended, long gone, long revoking);

    [LoggerMessage(Level = LogLevel.Error, Message = "Kill order {Order} could not be carried out to its end; the next pass begins again: {Failure}")]
    private partial void LogFailed(string order, string failure);

#pragma warning disable CA1001 // Its source holds nothing but memory, and whoever lifts the order may come at any time.
    private sealed class Run(KillExecution execution)
#pragma warning restore CA1001
    {
        private readonly CancellationTokenSource _stop = new();

        public KillExecution Execution { get; } = execution;

        public CancellationToken Stopped => _stop.Token;

        public Task Task { get; set; } = Task.CompletedTask;

        public void Stop() => _stop.Cancel();
    }
}
