using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Evaluation;
using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Explaining;

/// <summary>Evaluates a policy once more, part by part. Apart from deciding, which pays nothing for it.</summary>
internal sealed class PolicyExplainer(AuthorizationRequest request, EntitySet entities)
{
    public PolicyExplanation Explain(CedarPolicy policy)
    {
        var scope = new ScopeExplanation(
            CompiledPolicy.Meets(policy.Principal, request.Principal, entities),
            CompiledPolicy.Meets(policy.Action, request.Action, entities),
            CompiledPolicy.Meets(policy.Resource, request.Resource, entities));
        var outcome = scope.IsMet ? PolicyOutcome.Held : PolicyOutcome.OutOfScope;
        var conditions = new List<ConditionExplanation>();
        foreach (var condition in policy.Conditions)
        {
            var explained = outcome == PolicyOutcome.Held ? Explain(policy, condition) : NotAsked(policy, condition);
            conditions.Add(explained);
            outcome = explained.Outcome switch
            {
                ConditionOutcome.Unmet => PolicyOutcome.ConditionUnmet,
                ConditionOutcome.Erred => PolicyOutcome.Erred,
                _ => outcome,
            };
        }

        return new PolicyExplanation(policy, outcome, scope, conditions);
    }

    private ConditionExplanation Explain(CedarPolicy policy, PolicyCondition condition)
    {
        var position = policy.Template.PositionOf(condition.Body.Span.Start);
        var frame = new EvaluationFrame(request, entities);
        var findings = new FindingSearch(policy, request, entities);
        if (ExpressionCompiler.Compile(condition.Body).EvaluateBool(frame) is not { } value)
        {
            return new ConditionExplanation(
                condition.IsWhen, position, ConditionOutcome.Erred, frame.Error, findings.Failed(condition.Body, frame.ErrorSpan));
        }

        var outcome = value == condition.IsWhen ? ConditionOutcome.Met : ConditionOutcome.Unmet;
        return new ConditionExplanation(condition.IsWhen, position, outcome, Error: null, findings.Deciding(condition.Body, value));
    }

    private static ConditionExplanation NotAsked(CedarPolicy policy, PolicyCondition condition) => new(
        condition.IsWhen, policy.Template.PositionOf(condition.Body.Span.Start), ConditionOutcome.NotAsked, Error: null, []);
}
