using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Operators;

/// <summary>
/// What an operator can be allowed to do. Policies speak of it by name, <c>Broker::Action::"kill"</c>; <c>operators.cedarschema</c> declares
/// the same, and a test holds both together.
/// </summary>
internal sealed record OperatorAction
{
    /// <summary>Before each name that concerns operators.</summary>
    public const string Namespace = "Broker::";

    private const string Type = Namespace + "Action";

    private OperatorAction(string name) => (Name, Uid) = (name, new EntityUid(Type, name));

    /// <summary>To see the policies and what they decide.</summary>
    public static OperatorAction ReadPolicy { get; } = new("read_policy");

    /// <summary>To have requests decided by other policies than those in force.</summary>
    public static OperatorAction SimulatePolicy { get; } = new("simulate_policy");

    /// <summary>To let a policy change revoke more leases than it may by itself.</summary>
    public static OperatorAction ConfirmRecheck { get; } = new("confirm_recheck");

    public static OperatorAction Kill { get; } = new("kill");

    public static OperatorAction LiftKill { get; } = new("lift_kill");

    public static OperatorAction ReadKills { get; } = new("read_kills");

    public static OperatorAction ReadAudit { get; } = new("read_audit");

    /// <summary>To hold targets against leases, and have what should not be there removed.</summary>
    public static OperatorAction Reconcile { get; } = new("reconcile");

    public static OperatorAction ReadTargets { get; } = new("read_targets");

    /// <summary>To see which secrets are kept, never their values.</summary>
    public static OperatorAction ReadSecrets { get; } = new("read_secrets");

    /// <summary>To put, restore, destroy, rotate and re-encrypt kept secrets.</summary>
    public static OperatorAction ManageSecrets { get; } = new("manage_secrets");

    /// <summary>To speak for a group that has to approve, of which one has to be a member besides.</summary>
    public static OperatorAction Approve { get; } = new("approve");

    /// <summary>To see what waits for an approval.</summary>
    public static OperatorAction ReadApprovals { get; } = new("read_approvals");

    /// <summary>Of agents, too: to take without an approval what policy allows only with one.</summary>
    public static OperatorAction BreakGlass { get; } = new("break_glass");

    /// <summary>To see what was taken so.</summary>
    public static OperatorAction ReadReviews { get; } = new("read_reviews");

    public static OperatorAction CloseReview { get; } = new("close_review");

    public static IReadOnlyList<OperatorAction> All { get; } =
    [
        ReadPolicy, SimulatePolicy, ConfirmRecheck, Kill, LiftKill, ReadKills, ReadAudit, Reconcile, ReadTargets, ReadSecrets, ManageSecrets, Approve,
        ReadApprovals, BreakGlass, ReadReviews, CloseReview,
    ];

    public string Name { get; }

    public EntityUid Uid { get; }

    /// <summary>Whether a policy with this head speaks of operators. One that leaves the action open speaks of agents only.</summary>
    public static bool IsNamedBy(ActionScope scope) => scope.Actions.Any(IsOne);

    /// <summary>Whether an action is of the kind that operators do, declared or not.</summary>
    public static bool IsOne(EntityUid action) => action.Type == Type;

    public override string ToString() => Name;
}
