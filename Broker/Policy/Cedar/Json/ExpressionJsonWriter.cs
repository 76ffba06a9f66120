using System.Text.Json;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Json;

/// <summary>Writes expressions in Cedar's JSON policy format.</summary>
internal static class ExpressionJsonWriter
{
    public static void Write(Utf8JsonWriter json, Expression expression)
    {
        // A chain nests to the left in this format; it is written without recursion, for it may be long.
        if (expression is LogicalExpression logical)
        {
            Chain(json, logical);
            return;
        }

        json.WriteStartObject();
        Body(json, expression);
        json.WriteEndObject();
    }

    private static void Chain(Utf8JsonWriter json, LogicalExpression chain)
    {
        for (var i = 1; i < chain.Operands.Count; i++)
        {
            json.WriteStartObject();
            json.WriteStartObject(chain.IsAnd ? "&&" : "||");
            json.WritePropertyName("left");
        }

        Write(json, chain.Operands[0]);
        foreach (var operand in chain.Operands.Skip(1))
        {
            Member(json, "right", operand);
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    private static void Body(Utf8JsonWriter json, Expression expression)
    {
        switch (expression)
        {
            case LiteralExpression e:
                json.WritePropertyName("Value");
                Literal(json, e.Value);
                break;
            case VariableExpression e:
                json.WriteString("Var", OperatorNames.Of(e.Variable));
                break;
            case ConditionalExpression e:
                Operands(json, "if-then-else", ("if", e.Test), ("then", e.Then), ("else", e.Otherwise));
                break;
            case UnaryExpression e:
                Operands(json, OperatorNames.JsonKey(e.Operator), ("arg", e.Operand));
                break;
            case BinaryExpression e:
                Operands(json, OperatorNames.Of(e.Operator), ("left", e.Left), ("right", e.Right));
                break;
            case AttributeExpression e:
                json.WriteStartObject(".");
                Member(json, "left", e.Target);
                json.WriteString("attr", e.Name);
                json.WriteEndObject();
                break;
            case HasExpression e:
                Has(json, e);
                break;
            case LikeExpression e:
                Like(json, e);
                break;
            case IsExpression e:
                json.WriteStartObject("is");
                Member(json, "left", e.Target);
                json.WriteString("entity_type", e.EntityType);
                if (e.Container is not null)
                    Member(json, "in", e.Container);
                json.WriteEndObject();
                break;
            case SetExpression e:
                List(json, "Set", e.Elements);
                break;
            case RecordExpression e:
                json.WriteStartObject("Record");
                foreach (var (name, value) in e.Fields)
                    Member(json, name, value);
                json.WriteEndObject();
                break;
            case CallExpression e:
                List(json, e.Function, e.Arguments);
                break;
        }
    }

    private static void Has(Utf8JsonWriter json, HasExpression has)
    {
        json.WriteStartObject("has");
        Member(json, "left", has.Target);
        if (has.Path is [var only])
        {
            json.WriteString("attr", only);
        }
        else
        {
            json.WriteStartArray("attr");
            foreach (var name in has.Path)
                json.WriteStringValue(name);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Like(Utf8JsonWriter json, LikeExpression like)
    {
        json.WriteStartObject("like");
        Member(json, "left", like.Target);
        json.WriteStartArray("pattern");
        for (var i = 0; i < like.Pattern.Count; i++)
        {
            if (i > 0)
                json.WriteStringValue("Wildcard");
            foreach (var rune in like.Pattern[i].EnumerateRunes())
            {
                json.WriteStartObject();
                json.WriteString("Literal", rune.ToString());
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Operands(Utf8JsonWriter json, string key, params ReadOnlySpan<(string Name, Expression Value)> operands)
    {
        json.WriteStartObject(key);
        foreach (var (name, value) in operands)
            Member(json, name, value);
        json.WriteEndObject();
    }

    private static void List(Utf8JsonWriter json, string key, IReadOnlyList<Expression> items)
    {
        json.WriteStartArray(key);
        foreach (var item in items)
            Write(json, item);
        json.WriteEndArray();
    }

    private static void Member(Utf8JsonWriter json, string name, Expression value)
    {
        json.WritePropertyName(name);
        Write(json, value);
    }

    private static void Literal(Utf8JsonWriter json, CedarValue value)
    {
        switch (value)
        {
            case CedarBool e:
                json.WriteBooleanValue(e.Value);
                break;
            case CedarLong e:
                json.WriteNumberValue(e.Value);
                break;
            case CedarString e:
                json.WriteStringValue(e.Value);
                break;
            case EntityUid e:
                json.WriteStartObject();
                json.WritePropertyName("__entity");
                PolicyJsonWriter.Uid(json, e);
                json.WriteEndObject();
                break;
        }
    }
}
