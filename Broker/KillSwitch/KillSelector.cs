using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;

namespace SecretsBroker.KillSwitch;

/// <summary>Persisted by number; frozen by a test.</summary>
internal enum KillScope
{
    All = 1,
    Workload = 2,

    /// <summary>The value is the owner, a space, the task id.</summary>
    Task = 3,
    Initiator = 4,
    Grant = 5,
    Engine = 6,
    Target = 7,

    /// <summary>The resource and all that lies beneath it: <c>orders</c> covers <c>orders/invoices</c>, not <c>orders-eu</c>.</summary>
    Resource = 8,
}

/// <summary>
/// What a kill order covers. <see cref="Value"/> is compared exactly, for <see cref="KillScope.Resource"/> with each leading part of the
/// path too, and is empty for <see cref="KillScope.All"/>.
/// </summary>
internal readonly record struct KillSelector(KillScope Scope, string Value)
{
    /// <summary>The form under which stores keep it: <c>scope-number:value</c>.</summary>
    public string Key => $"{(int)Scope}:{Value}";

    /// <summary>For people: <c>workload spiffe://example.org/agent/a</c>.</summary>
    public override string ToString() =>
        Scope == KillScope.All ? "all" : $"{Scope.ToString().ToLowerInvariant()} {Value}";

    /// <summary>Every selector that would cover a lease of this description, to be looked up one by one.</summary>
    public static IReadOnlyList<KillSelector> Covering(Reservation of) =>
        Covering(of.Task.Owner.Value, of.Task.Id.Value, of.Initiator, of.Grant, of.Engine, of.Target, of.Resource, of.Delegation);

    /// <inheritdoc cref="Covering(Reservation)"/>
    public static IReadOnlyList<KillSelector> Covering(Lease lease) =>
        Covering(
            lease.Task.Owner.Value, lease.Task.Id.Value, lease.Initiator, lease.Grant, lease.Engine, lease.Target, lease.Resource,
            lease.Delegation);

    /// <inheritdoc cref="Covering(Reservation)"/>
    public static IReadOnlyList<KillSelector> Covering(
        string owner,
        string task,
        string initiator,
        string grant,
        string engine,
        string target,
        string resource,
        DelegationChain? delegation = null)
    {
        List<KillSelector> selectors =
        [
            new(KillScope.All, ""),
            new(KillScope.Workload, owner),
            new(KillScope.Task, $"{owner} {task}"),
            new(KillScope.Initiator, initiator),
            new(KillScope.Grant, grant),
            new(KillScope.Engine, engine),
            new(KillScope.Target, target),
            new(KillScope.Resource, resource),
        ];
        for (var end = resource.LastIndexOf('/'); end > 0; end = resource.LastIndexOf('/', end - 1))
        {
            selectors.Add(new KillSelector(KillScope.Resource, resource[..end]));
        }

        // What stops a workload or a task stops what it has let others do.
        foreach (var link in delegation?.Links ?? [])
        {
            selectors.Add(new KillSelector(KillScope.Workload, link.Task.Owner.Value));
            selectors.Add(new KillSelector(KillScope.Task, $"{link.Task.Owner} {link.Task.Id}"));
        }

        return selectors;
    }
}
