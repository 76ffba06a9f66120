using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Explaining;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Trials;
using SecretsBroker.V1;
using ConditionExplanation = SecretsBroker.V1.ConditionExplanation;
using ConditionOutcome = SecretsBroker.V1.ConditionOutcome;
using FindingInput = SecretsBroker.V1.FindingInput;
using PolicyEffect = SecretsBroker.Policy.Cedar.Syntax.PolicyEffect;
using PolicyExplanation = SecretsBroker.V1.PolicyExplanation;
using PolicyOutcome = SecretsBroker.V1.PolicyOutcome;

namespace SecretsBroker.Api;

internal static partial class PolicyMapping
{
    /// <param name="explanation">What is to be told.</param>
    /// <param name="maximum">How many policies; those whose head was met go before the others.</param>
    public static ExplainDecisionResponse ToMessage(TrialExplanation explanation, int maximum)
    {
        var response = new ExplainDecisionResponse
        {
            Answer = ToMessage(explanation.Answer),
            OmittedCount = Math.Max(0, explanation.Policies.Count - maximum),
        };
        response.Policies.Add(explanation.Policies.OrderByDescending(policy => policy.Scope.IsMet).Take(maximum).Select(ToMessage));
        return response;
    }

    private static PolicyExplanation ToMessage(Policy.Cedar.Explaining.PolicyExplanation explanation)
    {
        var message = new PolicyExplanation
        {
            PolicyId = explanation.Policy.Id,
            Effect = ToMessage(explanation.Policy.Effect),
            Position = ToMessage(explanation.Policy.Position),
            Outcome = (PolicyOutcome)explanation.Outcome,
            PrincipalMatched = explanation.Scope.Principal,
            ActionMatched = explanation.Scope.Action,
            ResourceMatched = explanation.Scope.Resource,
        };
        message.Conditions.Add(explanation.Conditions.Select(ToMessage));
        return message;
    }

    private static ConditionExplanation ToMessage(Policy.Cedar.Explaining.ConditionExplanation explanation)
    {
        var message = new ConditionExplanation
        {
            Unless = !explanation.IsWhen,
            Position = ToMessage(explanation.Position),
            Outcome = (ConditionOutcome)explanation.Outcome,
            Error = explanation.Error ?? "",
        };
        message.Findings.Add(explanation.Findings.Select(ToMessage));
        return message;
    }

    private static ConditionFinding ToMessage(Finding finding)
    {
        var message = new ConditionFinding { Text = finding.Text, Position = ToMessage(finding.Position) };
        if (finding.Value is { } value)
        {
            message.Value = value;
        }

        message.Inputs.Add(finding.Inputs.Select(input => new FindingInput { Text = input.Text, Value = input.Value }));
        return message;
    }

    private static V1.PolicyEffect ToMessage(PolicyEffect effect) =>
        effect == PolicyEffect.Permit ? V1.PolicyEffect.Permit : V1.PolicyEffect.Forbid;

    private static SourcePosition ToMessage(CedarPosition position) =>
        new() { File = position.File ?? "", Line = position.Line, Column = position.Column };
}
