using SecretsBroker.Policy.Cedar.Entities;

namespace SecretsBroker.Policy.Cedar.Evaluation;

/// <summary>A whole set of compiled policies.</summary>
internal sealed class CompiledPolicies
{
    // Below this a walk over the policies is as fast as finding them.
    private const int LinearLimit = 4;

    private readonly CompiledPolicy[] _policies;
    private readonly PolicyIndex? _index;

    public CompiledPolicies(IReadOnlyList<CedarPolicy> policies)
    {
        _policies = [.. policies.Select((p, i) => new CompiledPolicy(p, i))];
        if (policies.Count > LinearLimit)
            _index = new PolicyIndex(_policies);
    }

    public AuthorizationResponse Decide(AuthorizationRequest request, EntitySet entities)
    {
        if (_index is null)
            return DecideByAll(request, entities);
        var verdict = new Verdict(new EvaluationFrame(request, entities));
        _index.Ask(request, entities, ref verdict);
        return verdict.Response();
    }

    /// <summary>The same answer without the index.</summary>
    internal AuthorizationResponse DecideByAll(AuthorizationRequest request, EntitySet entities)
    {
        var verdict = new Verdict(new EvaluationFrame(request, entities));
        foreach (var policy in _policies)
            verdict.Ask(policy);
        return verdict.Response();
    }
}
