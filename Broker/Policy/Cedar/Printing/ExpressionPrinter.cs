using System.Text;
using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Printing;

/// <summary>Writes an expression as text that is read as the same expression. Parentheses stand only where they are needed.</summary>
internal sealed class ExpressionPrinter(StringBuilder text)
{
    // What binds how tightly, in the order of the grammar's rules.
    private const int Any = 0, Or = 1, And = 2, Relation = 3, Add = 4, Multiply = 5, Unary = 6, Member = 7;

    public void Print(Expression expression) => Print(expression, Any);

    public void PrintOperand(LogicalExpression chain, int index) => Print(chain.Operands[index], chain.IsAnd ? Relation : And);

    public static string Name(string name) => IsPlain(name) ? name : StringEscapes.Quote(name);

    private static bool IsPlain(string name) => Names.IsIdentifier(name) && !Names.IsReserved(name);

    private void Print(Expression expression, int atLeast)
    {
        var parentheses = Binding(expression) < atLeast;
        if (parentheses)
            text.Append('(');
        Bare(expression);
        if (parentheses)
            text.Append(')');
    }

    private static int Binding(Expression expression) => expression switch
    {
        ConditionalExpression => Any,
        LogicalExpression { IsAnd: false } => Or,
        LogicalExpression => And,
        HasExpression or LikeExpression or IsExpression => Relation,
        BinaryExpression { Operator: <= BinaryOperator.In } => Relation,
        BinaryExpression { Operator: BinaryOperator.Add or BinaryOperator.Subtract } => Add,
        BinaryExpression { Operator: BinaryOperator.Multiply } => Multiply,
        UnaryExpression { Operator: not UnaryOperator.IsEmpty } => Unary,
        LiteralExpression { Value: CedarLong { Value: < 0 } } => Unary,
        _ => Member,
    };

    private void Bare(Expression expression)
    {
        switch (expression)
        {
            case LiteralExpression e:
                text.Append(e.Value);
                break;
            case VariableExpression e:
                text.Append(OperatorNames.Of(e.Variable));
                break;
            case ConditionalExpression e:
                text.Append("if ");
                Print(e.Test);
                text.Append(" then ");
                Print(e.Then);
                text.Append(" else ");
                Print(e.Otherwise);
                break;
            case LogicalExpression e:
                Chain(e);
                break;
            case UnaryExpression e:
                PrintUnary(e);
                break;
            case BinaryExpression e:
                PrintBinary(e);
                break;
            case AttributeExpression e:
                Print(e.Target, Member);
                text.Append(IsPlain(e.Name) ? $".{e.Name}" : $"[{StringEscapes.Quote(e.Name)}]");
                break;
            case HasExpression e:
                Print(e.Target, Add);
                text.Append(" has ").Append(e.Path is [var only] ? Name(only) : string.Join('.', e.Path));
                break;
            case LikeExpression e:
                Print(e.Target, Add);
                text.Append(" like ").Append(StringEscapes.QuotePattern(e.Pattern));
                break;
            case IsExpression e:
                Print(e.Target, Add);
                text.Append(" is ").Append(e.EntityType);
                if (e.Container is null)
                    break;
                text.Append(" in ");
                Print(e.Container, Add);
                break;
            case SetExpression e:
                List("[", e.Elements, "]");
                break;
            case RecordExpression e:
                Record(e);
                break;
            case CallExpression e:
                Call(e);
                break;
        }
    }

    private void Chain(LogicalExpression chain)
    {
        for (var i = 0; i < chain.Operands.Count; i++)
        {
            if (i > 0)
                text.Append(chain.IsAnd ? " && " : " || ");
            PrintOperand(chain, i);
        }
    }

    private void PrintUnary(UnaryExpression unary)
    {
        switch (unary.Operator)
        {
            case UnaryOperator.IsEmpty:
                Print(unary.Operand, Member);
                text.Append(".isEmpty()");
                break;
            case UnaryOperator.Negate when unary.Operand is LiteralExpression { Value: CedarLong { Value: >= 0 } value }:
                // Without the parentheses it would be a negative number and not a negation.
                text.Append("-(").Append(value).Append(')');
                break;
            default:
                text.Append(unary.Operator == UnaryOperator.Not ? '!' : '-');
                Print(unary.Operand, Member);
                break;
        }
    }

    private void PrintBinary(BinaryExpression binary)
    {
        var name = OperatorNames.Of(binary.Operator);
        if (OperatorNames.IsMethod(binary.Operator))
        {
            Print(binary.Left, Member);
            text.Append('.').Append(name);
            List("(", [binary.Right], ")");
            return;
        }

        // Arithmetic associates to the left, relations do not associate at all.
        var binding = Binding(binary);
        Print(binary.Left, binding == Relation ? Add : binding);
        text.Append(' ').Append(name).Append(' ');
        Print(binary.Right, binding + 1);
    }

    private void Record(RecordExpression record)
    {
        text.Append('{');
        var separator = "";
        foreach (var (name, value) in record.Fields)
        {
            text.Append(separator).Append(Name(name)).Append(": ");
            Print(value);
            separator = ", ";
        }

        text.Append('}');
    }

    private void Call(CallExpression call)
    {
        if (ExtensionFunctions.Find(call.Function) is { IsConstructor: true })
        {
            text.Append(call.Function);
            List("(", call.Arguments, ")");
            return;
        }

        Print(call.Arguments[0], Member);
        text.Append('.').Append(call.Function);
        List("(", call.Arguments.Skip(1), ")");
    }

    private void List(string open, IEnumerable<Expression> items, string close)
    {
        text.Append(open);
        var separator = "";
        foreach (var item in items)
        {
            text.Append(separator);
            Print(item);
            separator = ", ";
        }

        text.Append(close);
    }
}
