using SecretsBroker.Policy.Trials;

namespace SecretsBroker.Policy.Testing;

/// <summary>Asks the questions of cases and compares the answers.</summary>
internal sealed class PolicyCaseRunner(PolicyTrial trial)
{
    public PolicyCaseResult Run(PolicyCase asked) =>
        new(asked, [.. Compare(asked.Expected, trial.Decide(asked.Question))]);

    private static IEnumerable<Difference> Compare(PolicyExpectation expected, PolicyAnswer actual)
    {
        if (expected.Allowed != actual.Allowed || actual.IsFailure)
        {
            yield return new Difference("decision", Word(expected.Allowed), $"{(actual.IsFailure ? "none" : Word(actual.Allowed))} ({actual.Reason})");
        }

        if (expected.Policies is { } policies && !policies.ToHashSet().SetEquals(actual.Policies))
        {
            yield return new Difference("policies", List(policies), List(actual.Policies));
        }

        if (!expected.FailedPolicies.ToHashSet().SetEquals(actual.FailedPolicies))
        {
            yield return new Difference("failed_policies", List(expected.FailedPolicies), List(actual.FailedPolicies));
        }

        if (expected.Reason is { } reason && !actual.Reason.Contains(reason, StringComparison.OrdinalIgnoreCase))
        {
            yield return new Difference("reason", $"'{reason}'", $"'{actual.Reason}'");
        }

        var obligations = ObligationText.Of(actual.Obligations);
        if (expected.Obligations is { } demanded && !IsSame(demanded, obligations))
        {
            yield return new Difference("obligations", List(demanded), List(obligations));
        }
    }

    private static bool IsSame(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var value) && value == pair.Value);

    private static string Word(bool allowed) => allowed ? "allow" : "deny";

    private static string List(IEnumerable<string> ids) => $"[{string.Join(", ", ids.Order(StringComparer.Ordinal))}]";

    private static string List(IReadOnlyDictionary<string, string> obligations) =>
        List(obligations.Select(pair => $"{pair.Key}: {pair.Value}"));
}
