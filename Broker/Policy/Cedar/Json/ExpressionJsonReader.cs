using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Json;

/// <summary>Reads expressions of Cedar's JSON policy format: an object whose one key says what it is.</summary>
internal static class ExpressionJsonReader
{
    public static Expression Read(JsonNode node)
    {
        var members = node.AsObject("an expression as an object");
        if (members is not [var only])
            throw JsonFault.At(node, "an expression has exactly one key");
        var expression = Read(only.Name, only.Value, only.Offset);
        return expression.Depth <= CedarLimits.MaxDepth
            ? expression
            : throw JsonFault.At(node, $"nested deeper than {CedarLimits.MaxDepth} levels");
    }

    private static Expression Read(string key, JsonNode node, int offset)
    {
        switch (key)
        {
            case "Value":
                return Value(node);
            case "Var":
                return OperatorNames.Variable(node.AsString("a variable")) is { } variable
                    ? new VariableExpression(variable, default)
                    : throw JsonFault.At(node, $"there is no variable `{node.Text}`", "principal, action, resource or context");
            case "Slot":
                throw new JsonFault(offset, "a slot may stand only in the head of a template");
            case "if-then-else":
                node.AllowOnly("if", "then", "else");
                return new ConditionalExpression(Child(node, "if"), Child(node, "then"), Child(node, "else"), default);
            case "&&":
            case "||":
                return Chain(key == "&&", node);
            case ".":
                node.AllowOnly("left", "attr");
                return new AttributeExpression(Child(node, "left"), node.Required("attr").AsString("an attribute's name"), default);
            case "has":
                return Has(node);
            case "like":
                return Like(node);
            case "is":
                return Is(node);
            case "Set":
                return new SetExpression(node.AsArray("an array of expressions").ConvertAll(Read), default);
            case "Record":
                return new RecordExpression(
                    node.AsObject("an object of expressions").ConvertAll(m => KeyValuePair.Create(m.Name, Read(m.Value))),
                    default);
        }

        if (OperatorNames.Unary(key) is { } unary)
        {
            node.AllowOnly("arg");
            return new UnaryExpression(unary, Child(node, "arg"), default);
        }

        if (OperatorNames.Binary(key) is { } binary)
        {
            node.AllowOnly("left", "right");
            return new BinaryExpression(binary, Child(node, "left"), Child(node, "right"), default);
        }

        return Call(key, node, offset);
    }

    private static Expression Child(JsonNode node, string name) => Read(node.Required(name));

    private static LogicalExpression Chain(bool isAnd, JsonNode node)
    {
        node.AllowOnly("left", "right");
        var (left, right) = (Child(node, "left"), Child(node, "right"));
        return left is LogicalExpression inner && inner.IsAnd == isAnd
            ? new LogicalExpression(isAnd, [.. inner.Operands, right], default)
            : new LogicalExpression(isAnd, [left, right], default);
    }

    private static Expression Has(JsonNode node)
    {
        node.AllowOnly("left", "attr");
        var target = Child(node, "left");
        var attribute = node.Required("attr");
        if (attribute.Kind == JsonKind.String)
            return new HasExpression(target, [attribute.Text], default);
        var path = attribute.AsArray("a name or an array of names").ConvertAll(n => n.AsString("a name"));
        if (path.Count == 0)
            throw JsonFault.At(attribute, "a path has at least one name");
        if (path.Count == 1 || path.TrueForAll(n => Names.IsIdentifier(n) && !Names.IsReserved(n)))
            return new HasExpression(target, path, default);

        // A path of names that are no identifiers cannot be written in text; this means the same and can.
        var steps = new List<Expression>();
        foreach (var name in path)
        {
            steps.Add(new HasExpression(target, [name], default));
            target = new AttributeExpression(target, name, default);
        }

        return new LogicalExpression(isAnd: true, steps, default);
    }

    private static LikeExpression Like(JsonNode node)
    {
        node.AllowOnly("left", "pattern");
        var parts = new List<string> { "" };
        foreach (var element in node.Required("pattern").AsArray("an array of `\"Wildcard\"` and `{\"Literal\": …}`"))
        {
            if (element is { Kind: JsonKind.String, Text: "Wildcard" })
                parts.Add("");
            else
                parts[^1] += element.AsObject("`\"Wildcard\"` or `{\"Literal\": …}`") is [{ Name: "Literal" } literal]
                    ? literal.Value.AsString("a string")
                    : throw JsonFault.At(element, "not an element of a pattern", "`\"Wildcard\"` or `{\"Literal\": …}`");
        }

        return new LikeExpression(Child(node, "left"), parts, default);
    }

    private static IsExpression Is(JsonNode node)
    {
        node.AllowOnly("left", "entity_type", "in");
        return new IsExpression(
            Child(node, "left"),
            node.Required("entity_type").AsPath("an entity type"),
            node.Find("in") is { } container ? Read(container) : null,
            default);
    }

    private static CallExpression Call(string name, JsonNode node, int offset)
    {
        if (ExtensionFunctions.Find(name) is not { } function)
            throw new JsonFault(offset, $"there is no operator or function `{name}`");
        var arguments = node.AsArray("an array of expressions").ConvertAll(Read);
        if (arguments.Count == 0 && !function.IsConstructor)
            throw new JsonFault(offset, $"the method `{name}` needs a value to be called on");
        return new CallExpression(name, arguments, default);
    }

    private static Expression Value(JsonNode node)
    {
        switch (node.Kind)
        {
            case JsonKind.Array:
                return new SetExpression(node.Items.ConvertAll(Value), default);
            case JsonKind.Object when node.Members is [{ Name: "__extn" } call] && ValueReader.IsCall(call.Value):
                var arguments = call.Value.Find("arg") is { } single ? [Value(single)] : call.Value.Find("args")!.Items.ConvertAll(Value);
                var name = call.Value.Find("fn")!;
                return ExtensionFunctions.Find(name.Text) is { } function && (function.IsConstructor || arguments.Count > 0)
                    ? new CallExpression(name.Text, arguments, default)
                    : throw JsonFault.At(name, $"there is no function `{name.Text}`");
            case JsonKind.Object when node.Members is not [{ Name: "__entity" or "__expr" }]:
                return new RecordExpression(node.Members.ConvertAll(m => KeyValuePair.Create(m.Name, Value(m.Value))), default);
            default:
                return ValueReader.Read(node) is var value and (CedarBool or CedarLong or CedarString or EntityUid)
                    ? new LiteralExpression(value, default)
                    : throw JsonFault.Unexpected(node, "a value");
        }
    }
}
