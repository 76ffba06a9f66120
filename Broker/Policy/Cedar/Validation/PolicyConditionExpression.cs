using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>A policy's head and conditions as one expression.</summary>
internal static class PolicyConditionExpression
{
    public static Expression Of(PolicySyntax policy)
    {
        var span = policy.Span;
        List<Expression> parts =
        [
            Scope(policy.Principal, RequestVariable.Principal, span),
            Action(policy.Action, span),
            Scope(policy.Resource, RequestVariable.Resource, span),
        ];
        foreach (var condition in policy.Conditions)
            parts.Add(condition.IsWhen ? condition.Body : new UnaryExpression(UnaryOperator.Not, condition.Body, condition.Body.Span));
        return new LogicalExpression(isAnd: true, parts, span);
    }

    private static Expression Scope(EntityScope scope, RequestVariable name, SourceSpan span)
    {
        var variable = new VariableExpression(name, span);
        Expression target = scope.Entity is null ? new SlotExpression(name, span) : new LiteralExpression(scope.Entity, span);
        return scope.Kind switch
        {
            ScopeKind.Any => new LiteralExpression(CedarBool.True, span),
            ScopeKind.Equal => new BinaryExpression(BinaryOperator.Equal, variable, target, span),
            ScopeKind.In => new BinaryExpression(BinaryOperator.In, variable, target, span),
            ScopeKind.Is => new IsExpression(variable, scope.EntityType!, null, span),
            _ => new IsExpression(variable, scope.EntityType!, target, span),
        };
    }

    private static Expression Action(ActionScope scope, SourceSpan span)
    {
        var variable = new VariableExpression(RequestVariable.Action, span);
        var actions = scope.Actions.Select(a => (Expression)new LiteralExpression(a, span)).ToArray();
        return scope.Kind switch
        {
            ScopeKind.Any => new LiteralExpression(CedarBool.True, span),
            ScopeKind.Equal => new BinaryExpression(BinaryOperator.Equal, variable, actions[0], span),
            _ => new BinaryExpression(BinaryOperator.In, variable, new SetExpression(actions, span), span),
        };
    }
}
