using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Revocation;
using SecretsBroker.V1;
using Target = SecretsBroker.V1.Target;

namespace SecretsBroker.Api;

/// <summary><c>secretsbroker.v1.TargetService</c>.</summary>
internal sealed class TargetApi(OperatorGate gate, CurrentCatalog catalog, TargetEngines engines, TargetDebts debts)
    : TargetService.TargetServiceBase
{
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

    private static Target ToMessage(string name, TargetEngine? engine, TargetDebt debt) => new()
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
    };

    private static TargetHealth ToMessage(CallHealth? health) => new()
    {
        // The same numbers; a test says so.
        Status = (TargetStatus)(health?.Current.Status ?? HealthStatus.Unknown),
        SinceTime = health?.Current.Since?.ToTimestamp(),
    };
}
