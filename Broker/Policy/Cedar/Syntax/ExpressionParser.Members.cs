using System.Text;
using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Syntax;

internal abstract partial class ExpressionParser
{
    private const string AnExpression = "an expression";

    /// <summary>A type name such as <c>Acme::User</c>.</summary>
    protected string Path(string what)
    {
        var path = new StringBuilder(ExpectName(what));
        while (Accept("::"))
            path.Append("::").Append(ExpectName(what));
        return path.ToString();
    }

    private Expression Member()
    {
        var start = Current.Start;
        return Accesses(Primary(), start);
    }

    private Expression Accesses(Expression target, int start)
    {
        while (true)
        {
            if (Accept("."))
            {
                var name = ExpectName("an attribute or a method");
                target = Accept("(")
                    ? Method(target, name, start)
                    : Checked(new AttributeExpression(target, name, SpanFrom(start)));
            }
            else if (Accept("["))
            {
                var name = ExpectString("an attribute's name as a string");
                Expect("]");
                target = Checked(new AttributeExpression(target, name, SpanFrom(start)));
            }
            else if (Current.IsSymbol("("))
            {
                Fault(Current.Start, "only functions and methods can be called");
                throw new SyntaxFault();
            }
            else
            {
                return target;
            }
        }
    }

    private Expression Method(Expression target, string name, int start)
    {
        var arguments = List(")");
        if (name == "isEmpty")
        {
            if (arguments.Count != 0)
                Fault(start, "`isEmpty` takes no argument");
            return Checked(new UnaryExpression(UnaryOperator.IsEmpty, target, SpanFrom(start)));
        }

        if (OperatorNames.Binary(name) is { } op && OperatorNames.IsMethod(op))
        {
            if (arguments.Count == 1)
                return Checked(new BinaryExpression(op, target, arguments[0], SpanFrom(start)));
            Fault(start, $"`{name}` takes one argument, not {arguments.Count}");
            return target;
        }

        if (ExtensionFunctions.Find(name) is not { IsConstructor: false })
            Fault(start, $"there is no method `{name}`");
        return Checked(new CallExpression(name, [target, .. arguments], SpanFrom(start)));
    }

    private Expression Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Number:
                return Number(Advance(), negative: false);
            case TokenKind.String:
                return new LiteralExpression(new CedarString(Unescape(Advance())), token.Span);
            case TokenKind.Slot:
                return Slot();
            case TokenKind.Identifier:
                return Name();
        }

        if (Accept("("))
        {
            var inner = Expression();
            Expect(")");
            return inner;
        }

        if (Accept("["))
            return Checked(new SetExpression(List("]"), SpanFrom(token.Start)));
        return Accept("{") ? Record(token.Start) : throw Unexpected(AnExpression);
    }

    private SlotExpression Slot()
    {
        var token = Advance();
        if (token.Text is not ("?principal" or "?resource"))
            Fault(token.Start, $"there is no slot `{token.Text}`", "?principal or ?resource");
        return new SlotExpression(token.Text == "?principal" ? RequestVariable.Principal : RequestVariable.Resource, token.Span);
    }

    /// <summary>What begins with an identifier: a literal, a variable, an entity or a function call.</summary>
    private Expression Name()
    {
        var token = Current;
        if (AcceptWord("true"))
            return new LiteralExpression(CedarBool.True, token.Span);
        if (AcceptWord("false"))
            return new LiteralExpression(CedarBool.False, token.Span);
        if (token.Text == "if")
            throw Unexpected("parentheses around `if … then … else …`");

        var path = new StringBuilder(ExpectName(AnExpression));
        while (Accept("::"))
        {
            if (Current.Kind == TokenKind.String)
                return new LiteralExpression(new EntityUid(path.ToString(), Unescape(Advance())), SpanFrom(token.Start));
            path.Append("::").Append(ExpectName("an entity's id as a string, or a further part of its type"));
        }

        var name = path.ToString();
        if (OperatorNames.Variable(name) is { } variable)
            return new VariableExpression(variable, token.Span);
        if (!Accept("("))
        {
            Fault(token.Start, $"`{name}` is not a variable", "principal, action, resource or context; an entity; a function call");
            throw new SyntaxFault();
        }

        if (ExtensionFunctions.Find(name) is not { IsConstructor: true })
            Fault(token.Start, $"there is no function `{name}`", "decimal, ip, datetime or duration");
        return Checked(new CallExpression(name, List(")"), SpanFrom(token.Start)));
    }

    /// <summary>Expressions up to the closing symbol, which is taken too; a comma may follow the last one.</summary>
    private List<Expression> List(string close)
    {
        var items = new List<Expression>();
        while (!Accept(close))
        {
            items.Add(Expression());
            if (!Accept(",") && !Current.IsSymbol(close))
                throw Unexpected($"`,` or `{close}`");
        }

        return items;
    }

    private RecordExpression Record(int start)
    {
        var fields = new List<KeyValuePair<string, Expression>>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (!Accept("}"))
        {
            var key = Current;
            var name = key.Kind == TokenKind.String ? Unescape(Advance()) : ExpectName("a field's name or a string");
            if (!names.Add(name))
                Fault(key.Start, $"the field `{name}` occurs twice");
            Expect(":");
            fields.Add(new(name, Expression()));
            if (!Accept(",") && !Current.IsSymbol("}"))
                throw Unexpected("`,` or `}`");
        }

        return Checked(new RecordExpression(fields, SpanFrom(start)));
    }
}
