namespace SecretsBroker.Policy;

/// <summary>Decides agents' intents by the Cedar policies in force, in this process.</summary>
internal sealed class CedarPolicyEngine(CurrentPolicies current) : IPolicyEngine
{
    private readonly QuestionMapper _mapper = new();

    public ValueTask<PolicyAnswer> DecideAsync(PolicyQuestion question, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var policies = current.Snapshot;
        var (request, entities) = _mapper.Map(question, policies.Schema);
        return ValueTask.FromResult(CedarVerdict.Of(policies.Agents.IsAuthorized(request, entities), policies));
    }
}
