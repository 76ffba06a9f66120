namespace SecretsBroker.Policy.Cedar.Evaluation;

/// <summary>Gathers what the policies say about one request, in whatever order they are asked.</summary>
internal struct Verdict(EvaluationFrame frame)
{
    private List<CompiledPolicy>? _permits;
    private List<CompiledPolicy>? _forbids;
    private List<(int Ordinal, PolicyError Error)>? _errors;

    public void Ask(CompiledPolicy policy)
    {
        switch (policy.Holds(frame))
        {
            case null:
                var position = policy.Policy.Template.PositionOf(frame.ErrorSpan.Start);
                (_errors ??= []).Add((policy.Ordinal, new PolicyError(policy.Policy, frame.Error!, position)));
                break;
            case true when policy.IsForbid:
                (_forbids ??= []).Add(policy);
                break;
            case true:
                (_permits ??= []).Add(policy);
                break;
        }
    }

    public readonly AuthorizationResponse Response()
    {
        var decision = _forbids is null && _permits is not null ? CedarDecision.Allow : CedarDecision.Deny;
        return new AuthorizationResponse(decision, InOrder(_forbids ?? _permits), InOrder(_errors));
    }

    private static CedarPolicy[] InOrder(List<CompiledPolicy>? policies)
    {
        if (policies is null)
            return [];
        policies.Sort(static (a, b) => a.Ordinal.CompareTo(b.Ordinal));
        var result = new CedarPolicy[policies.Count];
        for (var i = 0; i < result.Length; i++)
            result[i] = policies[i].Policy;
        return result;
    }

    private static PolicyError[] InOrder(List<(int Ordinal, PolicyError Error)>? errors)
    {
        if (errors is null)
            return [];
        errors.Sort(static (a, b) => a.Ordinal.CompareTo(b.Ordinal));
        return [.. errors.Select(e => e.Error)];
    }
}
