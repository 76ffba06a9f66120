using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Policies;

/// <summary>Explanations for people; the same whether a broker gave them or they were made from files.</summary>
internal static class ExplanationText
{
    /// <param name="explained">What is to be told.</param>
    /// <param name="all">Whether policies that speak of other requests are told one by one.</param>
    public static void Print(ExplainDecisionResponse explained, bool all)
    {
        var answer = explained.Answer;
        Output.Line($"{(answer.Allowed ? "allowed" : "denied")}: {answer.Reason}");
        if (answer.Obligations.Count > 0)
        {
            Output.Line($"  obligations  {Obligations(answer)}");
        }

        Output.Line($"  policy set   {(answer.PolicyHash.Length == 0 ? "none" : answer.PolicyHash)}");
        var (others, asked) = (explained.Policies.Count(IsOutOfScope), explained.Policies.Where(policy => all || !IsOutOfScope(policy)));
        foreach (var policy in asked)
        {
            Output.Line("");
            Print(policy);
        }

        if (!all && others + explained.OmittedCount > 0)
        {
            Output.Line("");
            Output.Line($"{others + explained.OmittedCount} more speak of other requests (--all shows them)");
        }
    }

    public static string Obligations(PolicyAnswer answer) =>
        string.Join(", ", answer.Obligations.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value}"));

    private static bool IsOutOfScope(PolicyExplanation policy) => policy.Outcome == PolicyOutcome.OutOfScope;

    private static void Print(PolicyExplanation policy)
    {
        Output.Line($"{policy.PolicyId} ({policy.Effect.ToString().ToLowerInvariant()}, {At(policy.Position)}): {Describe(policy)}");
        foreach (var condition in policy.Conditions.Where(condition => condition.Outcome != ConditionOutcome.NotAsked))
        {
            Output.Line($"  {(condition.Unless ? "unless" : "when")} ({At(condition.Position)}) {Describe(condition)}");
            foreach (var finding in condition.Findings)
            {
                Print(finding);
            }
        }
    }

    private static void Print(ConditionFinding finding)
    {
        var value = finding.HasValue ? $"is {(finding.Value ? "true" : "false")}" : "cannot be evaluated";
        Output.Line($"    {finding.Text} {value} ({At(finding.Position)})");
        foreach (var input in finding.Inputs)
        {
            Output.Line($"      {input.Text} = {input.Value}");
        }
    }

    private static string Describe(PolicyExplanation policy) => policy.Outcome switch
    {
        PolicyOutcome.OutOfScope => $"speaks of {Join(Others(policy))}",
        PolicyOutcome.ConditionUnmet => "does not hold: a condition is not met",
        PolicyOutcome.Erred => "could not be evaluated",
        _ => policy.Effect == PolicyEffect.Forbid ? "holds: it forbids" : "holds: it permits",
    };

    private static string Describe(ConditionExplanation condition) => condition.Outcome switch
    {
        ConditionOutcome.Met => "is met",
        ConditionOutcome.Erred => $"could not be evaluated: {condition.Error}",
        _ => "is not met",
    };

    private static IEnumerable<string> Others(PolicyExplanation policy)
    {
        if (!policy.PrincipalMatched)
        {
            yield return "another principal";
        }

        if (!policy.ActionMatched)
        {
            yield return "another action";
        }

        if (!policy.ResourceMatched)
        {
            yield return "another resource";
        }
    }

    private static string Join(IEnumerable<string> parts) => string.Join(" and ", parts);

    private static string At(SourcePosition position) => $"{position.File}:{position.Line}:{position.Column}";
}
