using System.Collections.Concurrent;
using SecretsBroker.Audit;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Reconciliation;

/// <summary>
/// Holds one target against the leases: removes what carries this installation's mark and is no lease's, tells what is missing that a lease says
/// exists. The order is what makes it safe: leases are written before anything is made for them, so whatever a list holds has a lease by then;
/// and what is missing is looked for after its lease was seen to be active. Several brokers may do it at once.
/// </summary>
internal sealed class TargetReconciler(
    Installation installation,
    LeaseCover cover,
    OrphanRemoval removal,
    IAuditSink audit,
    BrokerMetrics metrics,
    IOptions<ReconciliationOptions> options,
    TimeProvider time)
{
    private const int PageSize = 1_000;

    // Of these one pass removes ReconciliationOptions.MaxRemovals; to show the others helps nobody once they are so many.
    private const int MaxOrphans = 10_000;

    private const int MaxPages = 5_000;

    // Of the list, and as long of asking for what is missing in it.
    private static readonly TimeSpan StepLimit = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new();

    // What was told of already: once for each lease is enough.
    private readonly ConcurrentDictionary<string, HashSet<LeaseId>> _missing = new();

    /// <summary>Whether what is made by this installation can be told from what others make.</summary>
    public bool IsPossible => installation.Mark is not null;

    /// <param name="engine">Of a target that can be listed.</param>
    /// <param name="dryRun">Only looks.</param>
    /// <param name="actor">The operator who asked; empty when none did.</param>
    /// <param name="cancellationToken">Stops it between two steps; what is removed stays removed.</param>
    /// <returns>Null when the engine says that it cannot list what is there.</returns>
    /// <exception cref="BrokerException">Target or store cannot be asked. Nothing is removed without the store's answer.</exception>
    public async Task<ReconciliationReport?> RunAsync(TargetEngine engine, bool dryRun, string actor, CancellationToken cancellationToken)
    {
        var turn = _turns.GetOrAdd(engine.Target.Name, _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (!await engine.CanListAsync(cancellationToken))
            {
                return null;
            }

            var report = await CompareAsync(engine, dryRun, cancellationToken);
            if (report.Differs || actor.Length > 0)
            {
                await audit.AppendAsync(ReconciliationRecords.Passed(report, engine.Target, actor), cancellationToken);
            }

            // Last: a pass that could not be recorded has failed, and counts once.
            metrics.Reconciled(engine.Target.Name, report.Left + report.Failed, report.Missing.Count);
            return report;
        }
        catch (BrokerException)
        {
            metrics.ReconciliationFailed(engine.Target.Name);
            throw;
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<ReconciliationReport> CompareAsync(TargetEngine engine, bool dryRun, CancellationToken cancellationToken)
    {
        var active = await cover.ListActiveAsync(engine.Target.Name, cancellationToken);
        var listing = await InTimeAsync(
            token => ListAsync(engine, active, token), $"target {engine.Target.Name}: what it holds could not be listed", cancellationToken);
        IReadOnlyCollection<LeaseId> orphans = listing.Orphans;
        if (orphans.Count > 0 && !dryRun)
        {
            await Task.Delay(options.Value.Grace, time, cancellationToken);
            orphans = await cover.WithoutLeaseAsync(orphans, cancellationToken);
        }

        var wanted = dryRun ? [] : orphans.Take(options.Value.MaxRemovals).ToArray();
        var removed = await removal.RemoveAsync(engine, [.. wanted.Select(id => Nobodys(id, engine.Target))], cancellationToken);
        var missing = await InTimeAsync(
            token => FindMissingAsync(engine, listing.Unseen, token),
            $"target {engine.Target.Name}: it could not be asked for all that it did not list",
            cancellationToken);
        await TellMissingAsync(engine.Target.Name, [.. missing.Select(id => active[id])], cancellationToken);
        return new ReconciliationReport(engine.Target.Name, dryRun, listing.Count, [.. orphans], removed, wanted.Length - removed, missing);
    }

    private async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> step, string failure, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(StepLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await step(either.Token);
        }
        catch (OperationCanceledException e) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new EngineException($"{failure} within {StepLimit}", isTransient: true, e);
        }
    }

    private async Task<TargetListing> ListAsync(
        TargetEngine engine, IReadOnlyDictionary<LeaseId, Lease> active, CancellationToken cancellationToken)
    {
        var listing = new TargetListing(active, cover, Math.Max(MaxOrphans, options.Value.MaxRemovals));
        string? cursor = null;
        var pages = 0;
        do
        {
            if (++pages > MaxPages)
            {
                throw new EngineException($"target {engine.Target.Name}: its list has no end within {MaxPages} pages", isTransient: false);
            }

            var page = await engine.ListAsync(installation.Mark!, cursor, PageSize, cancellationToken);
            await listing.AddAsync(page.Leases.Where(installation.Made), page.Parts ?? [], cancellationToken);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return listing;
    }

    private async Task<IReadOnlyList<LeaseId>> FindMissingAsync(
        TargetEngine engine, IEnumerable<LeaseId> suspects, CancellationToken cancellationToken)
    {
        var missing = new List<LeaseId>();
        // What was issued before the installation had its name is not listed either, and is where it was.
        foreach (var lease in suspects)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // It may have ended meanwhile: so first the target is asked, then the store.
            if (!await engine.IsWholeAsync(lease, cancellationToken) && await cover.IsActiveAsync(lease, cancellationToken))
            {
                missing.Add(lease);
            }
        }

        return missing;
    }

    private async Task TellMissingAsync(string target, IReadOnlyList<Lease> missing, CancellationToken cancellationToken)
    {
        var known = _missing.GetOrAdd(target, _ => []);
        known.IntersectWith(missing.Select(lease => lease.Id));
        foreach (var lease in missing.Where(lease => known.Add(lease.Id)))
        {
            await audit.AppendAsync(ReconciliationRecords.Missing(lease), cancellationToken);
        }
    }

    /// <summary>All that an engine whose target can be listed needs of a lease to revoke it is its id.</summary>
    private static Lease Nobodys(LeaseId id, Target target) => new()
    {
        Id = id,
        Task = new TaskKey(new WorkloadId(""), new TaskId("")),
        Grant = "",
        Engine = target.Engine,
        Target = target.Name,
        Action = "",
        Resource = "",
        DecisionId = "",
    };
}
