using System.Text;
using SecretsBroker.Policy.Cedar.Printing;
using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>
/// The text of expressions, so that two of the same shape can be told to be the same; and expressions that stand for several, taken apart.
/// Both are made once for a policy and serve every environment.
/// </summary>
internal sealed class ExpressionKeys
{
    private readonly Dictionary<Expression, string> _keys = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Expression, Expression> _parts = new(ReferenceEqualityComparer.Instance);

    public string Of(Expression expression)
    {
        if (_keys.TryGetValue(expression, out var known))
            return known;
        var text = new StringBuilder();
        new ExpressionPrinter(text).Print(expression);
        return _keys[expression] = text.ToString();
    }

    /// <summary><c>e has a.b</c> as <c>e has a &amp;&amp; e.a has b</c>.</summary>
    public Expression Apart(HasExpression has) => Remember(has, () =>
    {
        var target = has.Target;
        var steps = new List<Expression>();
        foreach (var name in has.Path)
        {
            steps.Add(new HasExpression(target, [name], has.Span));
            target = new AttributeExpression(target, name, has.Span);
        }

        return new LogicalExpression(isAnd: true, steps, has.Span);
    });

    /// <summary><c>e is T in f</c> as <c>e is T &amp;&amp; e in f</c>.</summary>
    public Expression Apart(IsExpression test) => Remember(test, () => new LogicalExpression(
        isAnd: true,
        [
            new IsExpression(test.Target, test.EntityType, null, test.Span),
            new BinaryExpression(BinaryOperator.In, test.Target, test.Container!, test.Span),
        ],
        test.Span));

    private Expression Remember(Expression whole, Func<Expression> take)
        => _parts.TryGetValue(whole, out var known) ? known : _parts[whole] = take();
}
