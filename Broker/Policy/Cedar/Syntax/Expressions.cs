using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Syntax;

/// <summary>A bool, a number, a string or an entity.</summary>
public sealed class LiteralExpression(CedarValue value, SourceSpan span) : Expression(span)
{
    public CedarValue Value { get; } = value;

    public override IEnumerable<Expression> Children => [];
}

public sealed class VariableExpression(RequestVariable variable, SourceSpan span) : Expression(span)
{
    public RequestVariable Variable { get; } = variable;

    public override IEnumerable<Expression> Children => [];
}

/// <summary>A template's <c>?principal</c> or <c>?resource</c>; stands in scopes only.</summary>
public sealed class SlotExpression(RequestVariable slot, SourceSpan span) : Expression(span)
{
    public RequestVariable Slot { get; } = slot;

    public override IEnumerable<Expression> Children => [];
}

public sealed class ConditionalExpression : Expression
{
    public ConditionalExpression(Expression test, Expression then, Expression otherwise, SourceSpan span)
        : base(span)
    {
        (Test, Then, Otherwise) = (test, then, otherwise);
        DepthFrom(test);
        DepthFrom(then);
        DepthFrom(otherwise);
    }

    public Expression Test { get; }

    public Expression Then { get; }

    public Expression Otherwise { get; }

    public override IEnumerable<Expression> Children => [Test, Then, Otherwise];
}

/// <summary>A chain of <c>&amp;&amp;</c> or of <c>||</c>: one node however long, so that a long chain is not a deep one.</summary>
public sealed class LogicalExpression : Expression
{
    public LogicalExpression(bool isAnd, IReadOnlyList<Expression> operands, SourceSpan span)
        : base(span)
    {
        (IsAnd, Operands) = (isAnd, operands);
        foreach (var operand in operands)
            DepthFrom(operand);
    }

    public bool IsAnd { get; }

    /// <summary>At least two.</summary>
    public IReadOnlyList<Expression> Operands { get; }

    public override IEnumerable<Expression> Children => Operands;
}

public sealed class UnaryExpression : Expression
{
    public UnaryExpression(UnaryOperator op, Expression operand, SourceSpan span)
        : base(span)
    {
        (Operator, Operand) = (op, operand);
        DepthFrom(operand);
    }

    public UnaryOperator Operator { get; }

    public Expression Operand { get; }

    public override IEnumerable<Expression> Children => [Operand];
}

public sealed class BinaryExpression : Expression
{
    public BinaryExpression(BinaryOperator op, Expression left, Expression right, SourceSpan span)
        : base(span)
    {
        (Operator, Left, Right) = (op, left, right);
        DepthFrom(left);
        DepthFrom(right);
    }

    public BinaryOperator Operator { get; }

    public Expression Left { get; }

    public Expression Right { get; }

    public override IEnumerable<Expression> Children => [Left, Right];
}

/// <summary><c>e.name</c> or <c>e["name"]</c>.</summary>
public sealed class AttributeExpression : Expression
{
    public AttributeExpression(Expression target, string name, SourceSpan span)
        : base(span)
    {
        (Target, Name) = (target, name);
        DepthFrom(target);
    }

    public Expression Target { get; }

    public string Name { get; }

    public override IEnumerable<Expression> Children => [Target];
}

/// <summary><c>e has a</c>, <c>e has "a"</c> or <c>e has a.b.c</c>.</summary>
public sealed class HasExpression : Expression
{
    public HasExpression(Expression target, IReadOnlyList<string> path, SourceSpan span)
        : base(span)
    {
        (Target, Path) = (target, path);
        DepthFrom(target);
    }

    public Expression Target { get; }

    /// <summary>At least one name.</summary>
    public IReadOnlyList<string> Path { get; }

    public override IEnumerable<Expression> Children => [Target];
}

public sealed class LikeExpression : Expression
{
    public LikeExpression(Expression target, IReadOnlyList<string> pattern, SourceSpan span)
        : base(span)
    {
        (Target, Pattern) = (target, pattern);
        DepthFrom(target);
    }

    public Expression Target { get; }

    /// <summary>The literal parts; a wildcard stands between each two.</summary>
    public IReadOnlyList<string> Pattern { get; }

    public override IEnumerable<Expression> Children => [Target];
}

/// <summary><c>e is T</c> or <c>e is T in f</c>.</summary>
public sealed class IsExpression : Expression
{
    public IsExpression(Expression target, string entityType, Expression? container, SourceSpan span)
        : base(span)
    {
        (Target, EntityType, Container) = (target, entityType, container);
        DepthFrom(target);
        if (container is not null)
            DepthFrom(container);
    }

    public Expression Target { get; }

    public string EntityType { get; }

    public Expression? Container { get; }

    public override IEnumerable<Expression> Children => Container is null ? [Target] : [Target, Container];
}

public sealed class SetExpression : Expression
{
    public SetExpression(IReadOnlyList<Expression> elements, SourceSpan span)
        : base(span)
    {
        Elements = elements;
        foreach (var element in elements)
            DepthFrom(element);
    }

    public IReadOnlyList<Expression> Elements { get; }

    public override IEnumerable<Expression> Children => Elements;
}

public sealed class RecordExpression : Expression
{
    public RecordExpression(IReadOnlyList<KeyValuePair<string, Expression>> fields, SourceSpan span)
        : base(span)
    {
        Fields = fields;
        foreach (var (_, value) in fields)
            DepthFrom(value);
    }

    /// <summary>No name occurs twice.</summary>
    public IReadOnlyList<KeyValuePair<string, Expression>> Fields { get; }

    public override IEnumerable<Expression> Children => Fields.Select(f => f.Value);
}

/// <summary>A call of an extension function; of one written as a method the first argument stands before the dot.</summary>
public sealed class CallExpression : Expression
{
    public CallExpression(string function, IReadOnlyList<Expression> arguments, SourceSpan span)
        : base(span)
    {
        (Function, Arguments) = (function, arguments);
        foreach (var argument in arguments)
            DepthFrom(argument);
    }

    public string Function { get; }

    public IReadOnlyList<Expression> Arguments { get; }

    public override IEnumerable<Expression> Children => Arguments;
}
