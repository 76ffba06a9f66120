using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Json;

/// <summary>Reads one policy or template of Cedar's JSON policy format.</summary>
internal static class PolicyJsonReader
{
    public static PolicySyntax Read(JsonNode node)
    {
        node.AsObject("a policy as an object");
        node.AllowOnly("effect", "principal", "action", "resource", "conditions", "annotations");
        return new PolicySyntax(
            Effect(node.Required("effect")),
            node.Find("annotations") is { } annotations ? Annotations(annotations) : [],
            Scope("?principal", node.Required("principal")),
            Action(node.Required("action")),
            Scope("?resource", node.Required("resource")),
            node.Required("conditions").AsArray("an array of conditions").ConvertAll(Condition),
            default);
    }

    private static PolicyEffect Effect(JsonNode node) => node.AsString("an effect") switch
    {
        "permit" => PolicyEffect.Permit,
        "forbid" => PolicyEffect.Forbid,
        _ => throw JsonFault.At(node, $"there is no effect `{node.Text}`", "permit or forbid"),
    };

    private static List<KeyValuePair<string, string?>> Annotations(JsonNode node)
        => node.AsObject("an object of strings").ConvertAll(member =>
        {
            if (!Names.IsIdentifier(member.Name))
                throw new JsonFault(member.Offset, $"`{member.Name}` is no name for an annotation", "an identifier");
            return KeyValuePair.Create(member.Name, member.Value.Kind == JsonKind.Null ? null : member.Value.AsString("a string or null"));
        });

    private static EntityScope Scope(string slot, JsonNode node)
    {
        node.AsObject("a scope as an object");
        switch (Operator(node))
        {
            case "All" or "all":
                node.AllowOnly("op");
                return EntityScope.Any;
            case "==":
                return new EntityScope(ScopeKind.Equal, null, EntityOrSlot(slot, node));
            case "in":
                return new EntityScope(ScopeKind.In, null, EntityOrSlot(slot, node));
            case "is":
                node.AllowOnly("op", "entity_type", "in");
                var type = node.Required("entity_type").AsPath("an entity type");
                return node.Find("in") is { } container
                    ? new EntityScope(ScopeKind.IsIn, type, EntityOrSlot(slot, container))
                    : new EntityScope(ScopeKind.Is, type);
            default:
                throw JsonFault.At(node, "there is no such operator in a scope", "All, ==, in or is");
        }
    }

    private static EntityUid? EntityOrSlot(string slot, JsonNode node)
    {
        if (node.Find("entity") is { } entity)
            return entity.AsEntityUid();
        var found = node.Required("slot");
        return found.AsString("a slot") == slot ? null : throw JsonFault.At(found, $"`{found.Text}` may not stand here", slot);
    }

    private static ActionScope Action(JsonNode node)
    {
        node.AsObject("a scope as an object");
        switch (Operator(node))
        {
            case "All" or "all":
                node.AllowOnly("op");
                return ActionScope.Any;
            case "==":
                return new ActionScope(ScopeKind.Equal, [OneAction(node.Required("entity"))]);
            case "in" when node.Find("entity") is { } single:
                return new ActionScope(ScopeKind.In, [OneAction(single)]);
            case "in":
                return new ActionScope(ScopeKind.In, node.Required("entities").AsArray("an array of actions").ConvertAll(OneAction));
            default:
                throw JsonFault.At(node, "there is no such operator in an action's scope", "All, == or in");
        }
    }

    private static EntityUid OneAction(JsonNode node)
    {
        var uid = node.AsEntityUid();
        return Names.IsActionType(uid.Type) ? uid : throw JsonFault.At(node, $"`{uid.Type}` is not a type of actions");
    }

    private static PolicyCondition Condition(JsonNode node)
    {
        node.AsObject("a condition as an object");
        node.AllowOnly("kind", "body");
        var kind = node.Required("kind");
        var isWhen = kind.AsString("a kind of condition") == "when";
        if (!isWhen && kind.Text != "unless")
            throw JsonFault.At(kind, $"there is no kind of condition `{kind.Text}`", "when or unless");
        return new PolicyCondition(isWhen, ExpressionJsonReader.Read(node.Required("body")));
    }

    private static string Operator(JsonNode node) => node.Required("op").AsString("an operator");
}
