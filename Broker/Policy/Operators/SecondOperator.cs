using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Operators;

/// <summary>
/// <c>@second_operator("required")</c> on a policy that permits lifting kill orders: what it permits to one operator takes effect when
/// another one, whom policy permits it too, wants the same.
/// </summary>
internal static class SecondOperator
{
    public const string Annotation = "second_operator";

    private const string Required = "required";

    /// <returns>The rule that the policy breaks; null when it breaks none.</returns>
    public static string? FaultOf(CedarPolicy policy)
    {
        if (!policy.Annotations.TryGetValue(Annotation, out var value))
        {
            return null;
        }

        if (policy.Effect != PolicyEffect.Permit || policy.Action.Actions is not [var only] || !only.Equals(OperatorAction.LiftKill.Uid))
        {
            return $"must not have @{Annotation}: it is for policies that permit {OperatorAction.LiftKill.Uid} and nothing else";
        }

        return value == Required ? null : $"@{Annotation} must be \"{Required}\"; it is \"{value}\"";
    }
}
