using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Reconciliation;
using SecretsBroker.Reconciliation.Signers;
using SecretsBroker.Revocation;
using SecretsBroker.V1;
using Target = SecretsBroker.V1.Target;

namespace SecretsBroker.Api;

/// <summary><c>secretsbroker.v1.TargetService</c>.</summary>
internal sealed class TargetApi(
    OperatorGate gate, CurrentCatalog catalog, TargetEngines engines, TargetDebts debts, TargetReconciler reconciler, SignerWatch signers)
    : TargetService.TargetServiceBase
{
    private const int MaxExamples = 20;

    private static readonly OperatorSubject Targets = OperatorSubject.Named("targets");

    public override async Task<ListTargetsResponse> ListTargets(ListTargetsRequest request, ServerCallContext context)
    {
        await gate.DemandAsync(context, OperatorAction.ReadTargets, Targets);
        var owed = debts.All;
        var names = catalog.Snapshot.Targets.Select(target => target.Name).Union(owed.Keys).Order(StringComparer.Ordinal);
        return new ListTargetsResponse
        {
            Targets = { names.Select(name => ToMessage(name, engines.Find(name), owed.GetValueOrDefault(name, TargetDebt.None))) },
        };
    }

    public override async Task<ReconcileTargetResponse> ReconcileTarget(ReconcileTargetRequest request, ServerCallContext context)
    {
        await gate.DemandAsync(context, OperatorAction.Reconcile, Targets);
        if (!NameRule.Entry.Allows(request.Target))
        {
            throw Errors.Invalid("target", NameRule.Entry.Text);
        }

        if (catalog.Snapshot.FindTarget(request.Target) is null || engines.Find(request.Target) is not { } engine)
        {
            throw Errors.NoSuchTarget();
        }

        if (!engine.IsListable)
        {
            throw Errors.NotListable();
        }

        if (!reconciler.IsPossible)
        {
            throw Errors.NoInstallation();
        }

        var report = await reconciler.RunAsync(engine, request.DryRun, context.GetWorkload().Id.Value, context.CancellationToken)
            ?? throw Errors.NotListable();
        return new ReconcileTargetResponse
        {
            ListedCount = report.Listed,
            OrphanCount = report.Orphans.Count,
            RemovedCount = report.Removed,
            FailedCount = report.Failed,
            MissingCount = report.Missing.Count,
            OrphanLeaseIds = { report.Orphans.Take(MaxExamples).Select(lease => lease.Value) },
            MissingLeaseIds = { report.Missing.Take(MaxExamples).Select(lease => lease.Value) },
        };
    }

    private Target ToMessage(string name, TargetEngine? engine, TargetDebt debt) => new()
    {
        Name = name,
        Engine = engine?.Target.Engine ?? "",
        Issuing = ToMessage(engine?.Issuing),
        Revoking = ToMessage(engine?.Revoking),
        LiveCount = debt.Live,
        DebtCount = debt.Count,
        OldestDebtAge = debt.Age > TimeSpan.Zero ? debt.Age.ToDuration() : null,
        StuckCount = debt.Stuck,
        InDebt = engine is not null && debt.Exceeds(engine.Target),
        IssuedLastMinute = engine?.Issued.LastMinute ?? 0,
        RevokedLastMinute = engine?.Revoked.LastMinute ?? 0,
        LostSignerCount = signers.CountAt(name),
    };

    private static TargetHealth ToMessage(CallHealth? health) => new()
    {
        // The same numbers; a test says so.
        Status = (TargetStatus)(health?.Current.Status ?? HealthStatus.Unknown),
        SinceTime = health?.Current.Since?.ToTimestamp(),
    };
}
