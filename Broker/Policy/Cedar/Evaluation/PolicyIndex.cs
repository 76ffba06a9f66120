using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Evaluation;

/// <summary>Policies by what their heads demand of the principal, then of the resource, then of the action.</summary>
internal sealed class PolicyIndex
{
    private readonly IndexLevel<IndexLevel<IndexLevel<List<CompiledPolicy>>>> _root = new();

    public PolicyIndex(IEnumerable<CompiledPolicy> policies)
    {
        foreach (var policy in policies)
            Add(policy);
    }

    /// <summary>Asks every policy whose head the request can meet, each once.</summary>
    public void Ask(AuthorizationRequest request, EntitySet entities, ref Verdict verdict)
    {
        var principals = _root.Match(request.Principal, entities);
        while (principals.MoveNext())
        {
            var resources = principals.Current.Match(request.Resource, entities);
            while (resources.MoveNext())
            {
                var actions = resources.Current.Match(request.Action, entities);
                while (actions.MoveNext())
                {
                    foreach (var policy in actions.Current)
                    {
                        if (actions.Key is null || policy.IsFoundFirstBy(actions.Key, request.Action, entities))
                            verdict.Ask(policy);
                    }
                }
            }
        }
    }

    private void Add(CompiledPolicy policy)
    {
        var actions = _root.For(policy.Policy.Principal).For(policy.Policy.Resource);
        if (policy.Policy.Action.Kind == ScopeKind.Any)
            actions.ForAny().Add(policy);
        foreach (var action in policy.Policy.Action.Actions.Distinct())
            actions.For(action).Add(policy);
    }
}
