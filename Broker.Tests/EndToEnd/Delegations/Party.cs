using Google.Protobuf.WellKnownTypes;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd.Delegations;

/// <summary>A workload that delegates and is delegated to.</summary>
internal sealed class Party(string name, Agent agent)
{
    public const string Purpose = "close the month";

    public string Name => name;

    public string Id { get; } = Sandbox.Workload(name).Value;

    public Agent Agent => agent;

    public Proto.DelegationService.DelegationServiceClient Delegations { get; } = new(agent.Calls);

    /// <summary>A root task of its own.</summary>
    public async Task<string> StartAsync(
        string action = "read", string resource = "orders", string initiator = "carol@example.org") =>
        (await agent.Tasks.StartTaskAsync(new Proto.StartTaskRequest
        {
            Purpose = Purpose,
            Initiator = initiator,
            Scope = Scope(action, resource),
        })).Task.TaskId;

    public async Task<string> StartUnderAsync(
        string delegation, string purpose = Purpose, Proto.IntentScope? scope = null, string initiator = "") =>
        (await agent.Tasks.StartTaskAsync(new Proto.StartTaskRequest
        {
            Purpose = purpose,
            DelegationId = delegation,
            Scope = scope,
            Initiator = initiator,
        })).Task.TaskId;

    public async Task<string> DelegateAsync(string task, Party to, Action<Proto.CreateDelegationRequest>? adapt = null)
    {
        var request = new Proto.CreateDelegationRequest { TaskId = task, Delegate = to.Id };
        adapt?.Invoke(request);
        return (await Delegations.CreateDelegationAsync(request)).Delegation.DelegationId;
    }

    /// <summary>Delegates to another, who starts a task under it.</summary>
    public async Task<(string Delegation, string Task)> HandOnAsync(
        string task, Party to, Action<Proto.CreateDelegationRequest>? adapt = null)
    {
        var delegation = await DelegateAsync(task, to, adapt);
        return (delegation, await to.StartUnderAsync(delegation));
    }

    public async Task<Proto.IssueLeaseResponse> IssueAsync(
        string task,
        string action = "read",
        string resource = "orders/invoices",
        string purpose = Purpose,
        TimeSpan? timeToLive = null,
        string delegation = "",
        CancellationToken cancellationToken = default) =>
        await agent.Leases.IssueLeaseAsync(
            new Proto.IssueLeaseRequest
            {
                TaskId = task,
                DelegationId = delegation,
                Intent = new Proto.Intent
                {
                    Action = action, Resource = resource, Purpose = purpose, TimeToLive = timeToLive?.ToDuration(),
                },
            },
            cancellationToken: cancellationToken);

    public async Task EndAsync(string delegation) =>
        await Delegations.EndDelegationAsync(new Proto.EndDelegationRequest { DelegationId = delegation });

    public async Task NarrowAsync(string delegation, Action<Proto.NarrowDelegationRequest> cut)
    {
        var request = new Proto.NarrowDelegationRequest { DelegationId = delegation };
        cut(request);
        await Delegations.NarrowDelegationAsync(request);
    }

    public async Task<Proto.Delegation> GetAsync(string delegation) =>
        (await Delegations.GetDelegationAsync(new Proto.GetDelegationRequest { DelegationId = delegation })).Delegation;

    public static Proto.IntentScope Scope(string action, string resource) => new() { Actions = { action }, Resources = { resource } };
}
