using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Evaluation;

/// <summary>Turns a syntax tree into evaluators. What depends on nothing is computed here, once.</summary>
internal static class ExpressionCompiler
{
    public static Evaluator Compile(Expression expression)
    {
        var span = expression.Span;
        return expression switch
        {
            LiteralExpression e => new ConstantEvaluator(e.Value, span),
            VariableExpression e => new VariableEvaluator(e.Variable, span),
            ConditionalExpression e => new ConditionalEvaluator(Compile(e.Test), Compile(e.Then), Compile(e.Otherwise), span),
            LogicalExpression e => new LogicalEvaluator(e.IsAnd, CompileAll(e.Operands), span),
            UnaryExpression e => Unary(e.Operator, Compile(e.Operand), span),
            BinaryExpression e => Binary(e.Operator, Compile(e.Left), Compile(e.Right), span),
            AttributeExpression e => new AttributeEvaluator(Compile(e.Target), e.Name, span),
            HasExpression e => new HasEvaluator(Compile(e.Target), [.. e.Path], span),
            LikeExpression e => new LikeEvaluator(Compile(e.Target), e.Pattern, span),
            IsExpression e => new IsEvaluator(Compile(e.Target), e.EntityType, e.Container is null ? null : Compile(e.Container), span),
            SetExpression e => Set(CompileAll(e.Elements), span),
            RecordExpression e => new RecordEvaluator([.. e.Fields.Select(f => f.Key)], CompileAll(e.Fields.Select(f => f.Value)), span),
            CallExpression e => Call(e.Function, CompileAll(e.Arguments), span),
            _ => throw new InvalidOperationException($"A {expression.GetType().Name} has no value."),
        };
    }

    private static Evaluator[] CompileAll(IEnumerable<Expression> expressions) => [.. expressions.Select(Compile)];

    private static Evaluator Unary(UnaryOperator op, Evaluator operand, SourceSpan span) => op switch
    {
        UnaryOperator.Not => new NotEvaluator(operand, span),
        UnaryOperator.Negate => new NegateEvaluator(operand, span),
        _ => new IsEmptyEvaluator(operand, span),
    };

    private static Evaluator Binary(BinaryOperator op, Evaluator left, Evaluator right, SourceSpan span) => op switch
    {
        BinaryOperator.Equal or BinaryOperator.NotEqual => new EqualEvaluator(op == BinaryOperator.NotEqual, left, right, span),
        BinaryOperator.In => new InEvaluator(left, right, span),
        BinaryOperator.Add or BinaryOperator.Subtract or BinaryOperator.Multiply => new ArithmeticEvaluator(op, left, right, span),
        BinaryOperator.GetTag or BinaryOperator.HasTag => new TagEvaluator(op == BinaryOperator.GetTag, left, right, span),
        BinaryOperator.Contains or BinaryOperator.ContainsAll or BinaryOperator.ContainsAny
            => new SetOperationEvaluator(op, left, right, span),
        _ => new CompareEvaluator(op, left, right, span),
    };

    private static Evaluator Set(Evaluator[] elements, SourceSpan span)
        => Constants(elements) is { } values ? new ConstantEvaluator(CedarSet.Of(values), span) : new SetEvaluator(elements, span);

    private static Evaluator Call(string name, Evaluator[] arguments, SourceSpan span)
        => ExtensionFunctions.Find(name) is { IsConstructor: true } function
            && Constants(arguments) is [CedarString] values
            && function.Apply(values) is { } value
                ? new ConstantEvaluator(value, span)
                : new CallEvaluator(name, arguments, span);

    private static CedarValue[]? Constants(Evaluator[] evaluators)
        => Array.TrueForAll(evaluators, e => e is ConstantEvaluator)
            ? Array.ConvertAll(evaluators, e => ((ConstantEvaluator)e).Value)
            : null;
}
