using System.Globalization;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Syntax;

/// <summary>Reads expressions: one function a grammar rule, from the loosest binding to the tightest.</summary>
internal abstract partial class ExpressionParser(SourceText source, List<CedarError> errors) : ParserBase(source, errors)
{
    private const int MaxRepeatedUnary = 4;

    /// <summary>Stands in for an entity that could not be read; a fault has been noted, so it is never used.</summary>
    protected static readonly EntityUid Nobody = new("", "");

    protected Expression Expression()
    {
        Enter();
        var start = Current.Start;
        Expression result;
        if (AcceptWord("if"))
        {
            var test = Expression();
            ExpectWord("then");
            var then = Expression();
            ExpectWord("else");
            var otherwise = Expression();
            result = Checked(new ConditionalExpression(test, then, otherwise, SpanFrom(start)));
        }
        else
        {
            result = Or();
        }

        Leave();
        return result;
    }

    private Expression Or() => Chain(isAnd: false, "||", And);

    private Expression And() => Chain(isAnd: true, "&&", Relation);

    private Expression Chain(bool isAnd, string symbol, Func<Expression> operand)
    {
        var start = Current.Start;
        var first = operand();
        if (!Current.IsSymbol(symbol))
            return first;

        // (a && b) && c is the chain a && b && c; a && (b && c) is not.
        var operands = new List<Expression>();
        if (first is LogicalExpression inner && inner.IsAnd == isAnd)
            operands.AddRange(inner.Operands);
        else
            operands.Add(first);
        while (Accept(symbol))
            operands.Add(operand());
        return Checked(new LogicalExpression(isAnd, operands, SpanFrom(start)));
    }

    private Expression Relation()
    {
        var start = Current.Start;
        var left = Add();
        if (AcceptWord("has"))
            return Checked(new HasExpression(left, HasPath(), SpanFrom(start)));
        if (AcceptWord("like"))
            return Checked(new LikeExpression(left, Pattern(), SpanFrom(start)));
        if (AcceptWord("is"))
        {
            var type = Path("an entity type");
            var container = AcceptWord("in") ? Add() : null;
            return Checked(new IsExpression(left, type, container, SpanFrom(start)));
        }

        if (RelationOperator() is not { } op)
            return left;
        var right = Add();
        if (RelationOperator() is not null)
            Fault(Current.Start, "relations cannot be chained", "parentheses around one of them");
        return Checked(new BinaryExpression(op, left, right, SpanFrom(start)));
    }

    private BinaryOperator? RelationOperator()
    {
        if (Current.IsSymbol("="))
            throw Unexpected("`==`");
        if (Current.Kind == TokenKind.Symbol
            && OperatorNames.Binary(Current.Text) is { } op and <= BinaryOperator.GreaterOrEqual)
        {
            Advance();
            return op;
        }

        return AcceptWord("in") ? BinaryOperator.In : null;
    }

    private List<string> HasPath()
    {
        const string what = "an attribute's name or a string";
        if (Current.Kind == TokenKind.String)
            return [Unescape(Advance())];
        var path = new List<string> { ExpectName(what) };
        while (Accept("."))
            path.Add(ExpectName("an attribute's name"));
        return path;
    }

    private IReadOnlyList<string> Pattern()
    {
        var token = ExpectKind(TokenKind.String, "a pattern as a string");
        if (StringEscapes.UnescapePattern(token.Text[1..^1]) is { } pattern)
            return pattern;
        Fault(token.Start, "the pattern holds an invalid escape");
        return [""];
    }

    private Expression Add()
    {
        var start = Current.Start;
        var left = Multiply();
        while (Current.IsSymbol("+") || Current.IsSymbol("-"))
        {
            var op = Advance().Text == "+" ? BinaryOperator.Add : BinaryOperator.Subtract;
            left = Checked(new BinaryExpression(op, left, Multiply(), SpanFrom(start)));
        }

        return left;
    }

    private Expression Multiply()
    {
        var start = Current.Start;
        var left = Unary();
        while (Current.IsSymbol("*") || Current.IsSymbol("/") || Current.IsSymbol("%"))
        {
            if (!Current.IsSymbol("*"))
                Fault(Current.Start, $"there is no operator {Current.Describe()}", "`*`");
            Advance();
            left = Checked(new BinaryExpression(BinaryOperator.Multiply, left, Unary(), SpanFrom(start)));
        }

        return left;
    }

    private Expression Unary()
    {
        var start = Current.Start;
        var symbol = Current.IsSymbol("!") ? "!" : "-";
        var count = 0;
        while (Accept(symbol))
            count++;
        if (count == 0)
            return Member();
        if (count > MaxRepeatedUnary)
            Fault(start, $"more than {MaxRepeatedUnary} `{symbol}` in a row");
        if (symbol == "!")
            return Repeat(UnaryOperator.Not, Member(), count, start);

        // The least number is one larger than the greatest: it can be read only with its sign.
        if (Current.Kind != TokenKind.Number)
            return Repeat(UnaryOperator.Negate, Member(), count, start);
        var number = Advance();
        if (Current.IsSymbol(".") || Current.IsSymbol("[") || Current.IsSymbol("("))
            return Repeat(UnaryOperator.Negate, Accesses(Number(number, negative: false), number.Start), count, start);
        return Repeat(UnaryOperator.Negate, Number(number, negative: true), count - 1, start);
    }

    private Expression Repeat(UnaryOperator op, Expression operand, int count, int start)
    {
        for (var i = 0; i < Math.Min(count, MaxRepeatedUnary); i++)
            operand = Checked(new UnaryExpression(op, operand, SpanFrom(start)));
        return operand;
    }

    private LiteralExpression Number(Token token, bool negative)
    {
        if (!UInt128.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var magnitude)
            || magnitude > (UInt128)long.MaxValue + (negative ? 1u : 0u))
        {
            Fault(token.Start, $"`{token.Text}` is too large", "a 64-bit number");
            magnitude = 0;
        }

        var value = negative ? -(Int128)magnitude : (Int128)magnitude;
        return new LiteralExpression(new CedarLong((long)value), SpanFrom(token.Start));
    }

    private void ExpectWord(string word)
    {
        if (!AcceptWord(word))
            throw Unexpected($"`{word}`");
    }

    private SourceSpan SpanFrom(int start) => new(start, LastEnd);

    private T Checked<T>(T node)
        where T : Expression
    {
        if (node.Depth <= CedarLimits.MaxDepth)
            return node;
        Fault(node.Span.Start, $"nested deeper than {CedarLimits.MaxDepth} levels");
        throw new SyntaxFault();
    }
}
