namespace SecretsBroker.Policy.Cedar.Syntax;

/// <summary>A node of the syntax tree. Immutable; never deeper than <see cref="CedarLimits.MaxDepth"/>.</summary>
public abstract class Expression(SourceSpan span)
{
    public SourceSpan Span { get; } = span;

    /// <summary>What stands directly below the node, from left to right.</summary>
    public abstract IEnumerable<Expression> Children { get; }

    /// <summary>Levels of nodes, counting this one.</summary>
    internal int Depth { get; private protected set; } = 1;

    private protected void DepthFrom(Expression child) => Depth = Math.Max(Depth, child.Depth + 1);
}
