using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>Checks what a policy names, and that some action of the schema can meet its head.</summary>
internal sealed class ScopeValidator(CedarSchema schema)
{
    public void Validate(PolicyTemplate template, FindingList findings)
    {
        var policy = template.Syntax;
        foreach (var scope in (EntityScope[])[policy.Principal, policy.Resource])
        {
            Type(scope.EntityType, policy.Span, findings);
            Entity(scope.Entity, policy.Span, findings);
        }

        foreach (var action in policy.Action.Actions)
            Entity(action, policy.Span, findings);
        foreach (var condition in policy.Conditions)
            Names(condition.Body, findings);
        Applies(policy.Principal, policy.Action, policy.Resource, findings);
    }

    public void ValidateLink(CedarPolicy link, FindingList findings)
    {
        Type(link.SlotPrincipal?.Type, default, findings);
        Type(link.SlotResource?.Type, default, findings);
        Applies(link.Principal, link.Action, link.Resource, findings);
    }

    private void Names(Expression expression, FindingList findings)
    {
        if (expression is LiteralExpression { Value: EntityUid uid })
            Entity(uid, expression.Span, findings);
        else if (expression is IsExpression test)
            Type(test.EntityType, expression.Span, findings);
        foreach (var child in expression.Children)
            Names(child, findings);
    }

    private void Type(string? type, SourceSpan span, FindingList findings)
    {
        if (type is not null && !schema.IsKnownType(type))
            findings.Add(span, $"the entity type `{type}` is not declared{Similar.To(type, schema.EntityTypes.Keys)}");
    }

    private void Entity(EntityUid? uid, SourceSpan span, FindingList findings)
    {
        if (uid is null)
            return;
        if (Syntax.Names.IsActionType(uid.Type))
        {
            if (!schema.Actions.ContainsKey(uid))
                findings.Add(span, $"the action {uid} is not declared{Similar.To(uid.ToString(), schema.Actions.Keys.Select(a => a.ToString()))}");
            return;
        }

        Type(uid.Type, span, findings);
        if (schema.EntityTypes.TryGetValue(uid.Type, out var declared) && declared.Ids?.Contains(uid.Id) == false)
            findings.Add(span, $"{uid} is none of the ids that its type lists: {string.Join(", ", declared.Ids)}");
    }

    private void Applies(EntityScope principal, ActionScope action, EntityScope resource, FindingList findings)
    {
        foreach (var candidate in ActionsOf(action))
        {
            if (candidate.Principals.Any(type => Meets(principal, type)) && candidate.Resources.Any(type => Meets(resource, type)))
                return;
        }

        findings.Warn(
            ValidationFindingKind.NoActionApplies,
            "no action of the schema applies to the principals and resources that the policy's head allows");
    }

    private IEnumerable<SchemaAction> ActionsOf(ActionScope scope)
    {
        if (scope.Kind == ScopeKind.Any)
            return schema.Actions.Values;
        if (scope.Kind == ScopeKind.Equal)
            return schema.Actions.TryGetValue(scope.Actions[0], out var only) ? [only] : [];

        // One action that is not declared leaves open what the others stand for.
        return scope.Actions.All(schema.Actions.ContainsKey)
            ? schema.Actions.Values.Where(a => scope.Actions.Any(g => a.Uid.Equals(g) || a.Ancestors.Contains(g)))
            : [];
    }

    private bool Meets(EntityScope scope, string type) => scope.Kind switch
    {
        ScopeKind.Any => true,
        ScopeKind.Equal => scope.HasSlot || scope.Entity!.Type == type,
        ScopeKind.In => scope.HasSlot || schema.CanBeIn(type, scope.Entity!.Type),
        ScopeKind.Is => scope.EntityType == type,
        _ => scope.EntityType == type && (scope.HasSlot || schema.CanBeIn(type, scope.Entity!.Type)),
    };
}
