using System.Text;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Printing;

/// <summary>Writes a policy as text that is read as the same policy. Comments are not part of a policy and are not kept.</summary>
internal static class PolicyPrinter
{
    public static string Print(PolicySyntax policy, EntityScope principal, EntityScope resource)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in policy.Annotations)
            text.Append('@').Append(name).Append(value is null ? "" : $"({StringEscapes.Quote(value)})").Append('\n');
        text.Append(policy.Effect == PolicyEffect.Permit ? "permit (\n" : "forbid (\n");
        text.Append("    principal").Append(Scope(principal, "?principal")).Append(",\n");
        text.Append("    action").Append(Scope(policy.Action)).Append(",\n");
        text.Append("    resource").Append(Scope(resource, "?resource")).Append("\n)");
        foreach (var condition in policy.Conditions)
            Condition(text, condition);
        return text.Append(";\n").ToString();
    }

    private static string Scope(EntityScope scope, string slot)
    {
        var entity = scope.Entity?.ToString() ?? slot;
        return scope.Kind switch
        {
            ScopeKind.Any => "",
            ScopeKind.Equal => $" == {entity}",
            ScopeKind.In => $" in {entity}",
            ScopeKind.Is => $" is {scope.EntityType}",
            _ => $" is {scope.EntityType} in {entity}",
        };
    }

    private static string Scope(ActionScope scope) => scope.Kind switch
    {
        ScopeKind.Any => "",
        ScopeKind.Equal => $" == {scope.Actions[0]}",
        _ => " in " + (scope.Actions is [var only] ? only.ToString() : $"[{string.Join(", ", scope.Actions.AsEnumerable<EntityUid>())}]"),
    };

    // The operands of a chain stand one a line: that is how long conditions are read.
    private static void Condition(StringBuilder text, PolicyCondition condition)
    {
        text.Append(condition.IsWhen ? "\nwhen {" : "\nunless {");
        var expressions = new ExpressionPrinter(text);
        if (condition.Body is not LogicalExpression chain)
        {
            text.Append(' ');
            expressions.Print(condition.Body);
            text.Append(" }");
            return;
        }

        for (var i = 0; i < chain.Operands.Count; i++)
        {
            text.Append("\n    ");
            expressions.PrintOperand(chain, i);
            if (i < chain.Operands.Count - 1)
                text.Append(chain.IsAnd ? " &&" : " ||");
        }

        text.Append("\n}");
    }
}
