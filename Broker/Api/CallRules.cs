using System.Collections.Frozen;

namespace SecretsBroker.Api;

/// <summary>The rule of every call, by full method name: <c>/package.Service/Method</c>.</summary>
internal sealed class CallRules(IReadOnlyDictionary<string, CallRule> rules)
{
    private const string Tasks = "/secretsbroker.v1.TaskService/";
    private const string Leases = "/secretsbroker.v1.LeaseService/";
    private const string Delegations = "/secretsbroker.v1.DelegationService/";
    private const string Policies = "/secretsbroker.v1.PolicyService/";
    private const string Rechecks = "/secretsbroker.v1.RecheckService/";
    private const string Targets = "/secretsbroker.v1.TargetService/";
    private const string Secrets = "/secretsbroker.v1.SecretService/";
    private const string Kills = "/secretsbroker.v1.KillSwitchService/";
    private const string Audit = "/secretsbroker.v1.AuditService/";
    private const string Approvals = "/secretsbroker.v1.ApprovalService/";
    private const string Reviews = "/secretsbroker.v1.ReviewService/";
    private const string Health = "/grpc.health.v1.Health/";
    private const string Reflection = "/grpc.reflection.v1.ServerReflection/";

    private readonly FrozenDictionary<string, CallRule> _rules = rules.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Each written down on its own: a new call has none, and is refused until somebody has thought about it.</summary>
    public static readonly CallRules OfTheBroker = new(new Dictionary<string, CallRule>(StringComparer.Ordinal)
    {
        [Tasks + "StartTask"] = CallRule.Authenticated,
        [Tasks + "HoldTask"] = CallRule.Authenticated,
        [Tasks + "CompleteTask"] = CallRule.Authenticated,
        [Tasks + "GetTask"] = CallRule.Authenticated,
        [Leases + "IssueLease"] = CallRule.Authenticated,
        [Leases + "RenewLease"] = CallRule.Authenticated,
        [Leases + "RevokeLease"] = CallRule.Authenticated,
        [Leases + "GetLease"] = CallRule.Authenticated,
        [Leases + "ListLeases"] = CallRule.Authenticated,
        [Leases + "ReportUse"] = CallRule.Authenticated,
        [Delegations + "CreateDelegation"] = CallRule.Authenticated,
        [Delegations + "GetDelegation"] = CallRule.Authenticated,
        [Delegations + "ListDelegations"] = CallRule.Authenticated,
        [Delegations + "EndDelegation"] = CallRule.Authenticated,
        [Delegations + "NarrowDelegation"] = CallRule.Authenticated,
        [Policies + "GetPolicies"] = CallRule.Operator,
        [Policies + "CheckPolicies"] = CallRule.Operator,
        [Policies + "ExplainDecision"] = CallRule.Operator,
        [Policies + "SimulatePolicies"] = CallRule.Operator,
        [Rechecks + "GetRecheck"] = CallRule.Operator,
        [Rechecks + "ConfirmRecheck"] = CallRule.Operator,
        [Targets + "ListTargets"] = CallRule.Operator,
        [Targets + "ReconcileTarget"] = CallRule.Operator,
        [Secrets + "ListSecrets"] = CallRule.Operator,
        [Secrets + "PutSecret"] = CallRule.Operator,
        [Secrets + "RestoreSecret"] = CallRule.Operator,
        [Secrets + "DestroySecret"] = CallRule.Operator,
        [Secrets + "RotateSecret"] = CallRule.Operator,
        [Secrets + "RekeySecrets"] = CallRule.Operator,
        [Kills + "Kill"] = CallRule.Operator,
        [Kills + "ListKillOrders"] = CallRule.Operator,
        [Kills + "LiftKillOrder"] = CallRule.Operator,
        // For operators, and for whoever asks about what is its own.
        [Audit + "ExplainLease"] = CallRule.Authenticated,
        [Audit + "ExplainTask"] = CallRule.Authenticated,
        [Audit + "QueryAudit"] = CallRule.Operator,
        [Approvals + "GetApproval"] = CallRule.Authenticated,
        [Approvals + "WaitApproval"] = CallRule.Authenticated,
        [Approvals + "ListApprovals"] = CallRule.Operator,
        [Approvals + "WatchApprovals"] = CallRule.Operator,
        [Approvals + "DecideApproval"] = CallRule.Operator,
        [Reviews + "ListReviews"] = CallRule.Operator,
        [Reviews + "CloseReview"] = CallRule.Operator,
        [Health + "Check"] = CallRule.Anonymous,
        [Health + "Watch"] = CallRule.Anonymous,
        [Reflection + "ServerReflectionInfo"] = CallRule.Anonymous,
    });

    public IEnumerable<string> Methods => _rules.Keys;

    /// <summary>Null when there is none.</summary>
    public CallRule? Of(string method) => _rules.TryGetValue(method, out var rule) ? rule : null;
}
