using System.Text;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Evaluation;
using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Printing;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Explaining;

/// <summary>Finds the parts of an expression that made its value what it is.</summary>
internal sealed class FindingSearch(CedarPolicy policy, AuthorizationRequest request, EntitySet entities)
{
    private const int MaxFindings = 10;
    private const int MaxInputs = 10;
    private const int MaxValueLength = 200;
    private const int MaxTextLength = 500;

    /// <param name="expression">One that has a value.</param>
    /// <param name="value">The value.</param>
    public IReadOnlyList<Finding> Deciding(Expression expression, bool value)
    {
        var findings = new List<Finding>();
        Search(expression, value, findings);
        return findings;
    }

    /// <param name="expression">One that could not be evaluated.</param>
    /// <param name="span">Where that was noticed.</param>
    public IReadOnlyList<Finding> Failed(Expression expression, SourceSpan span)
    {
        var failed = Find(expression, span) ?? expression;
        return [Describe(failed, value: null)];
    }

    // Down to what is no longer a matter of logic: of a chain the operand that settled it, or all of them.
    private void Search(Expression expression, bool value, List<Finding> findings)
    {
        switch (expression)
        {
            case LogicalExpression chain when value != chain.IsAnd:
                Search(chain.Operands.First(operand => Evaluate(operand) == value), value, findings);
                break;
            case LogicalExpression chain:
                foreach (var operand in chain.Operands)
                    Search(operand, value, findings);
                break;
            case UnaryExpression { Operator: UnaryOperator.Not } not:
                Search(not.Operand, !value, findings);
                break;
            case ConditionalExpression conditional:
                var test = Evaluate(conditional.Test) ?? false;
                Search(conditional.Test, test, findings);
                Search(test ? conditional.Then : conditional.Otherwise, value, findings);
                break;
            case var _ when findings.Count < MaxFindings:
                findings.Add(Describe(expression, value));
                break;
        }
    }

    private bool? Evaluate(Expression expression) =>
        ExpressionCompiler.Compile(expression).EvaluateBool(new EvaluationFrame(request, entities));

    private static Expression? Find(Expression expression, SourceSpan span) =>
        expression.Span == span ? expression : expression.Children.Select(child => Find(child, span)).FirstOrDefault(found => found is not null);

    private Finding Describe(Expression expression, bool? value)
    {
        var inputs = new List<FindingInput>();
        foreach (var child in expression.Children)
            Gather(child, inputs);
        // What is itself an attribute has been read, whatever stands below it.
        if (value is not null && expression is AttributeExpression)
            inputs.Clear();
        return new Finding(Cut(Print(expression), MaxTextLength), policy.Template.PositionOf(expression.Span.Start), value, inputs);
    }

    // Attributes and variables as far up as they go: `context.labels.team`, not also `context.labels`. The whole context says nothing.
    private void Gather(Expression expression, List<FindingInput> inputs)
    {
        if (expression is AttributeExpression or VariableExpression { Variable: not RequestVariable.Context })
        {
            Add(expression, inputs);
            return;
        }

        foreach (var child in expression.Children)
            Gather(child, inputs);
    }

    private void Add(Expression expression, List<FindingInput> inputs)
    {
        var text = Cut(Print(expression), MaxTextLength);
        if (inputs.Count == MaxInputs || inputs.Exists(input => input.Text == text))
            return;
        if (ExpressionCompiler.Compile(expression).Evaluate(new EvaluationFrame(request, entities)) is { } value)
            inputs.Add(new FindingInput(text, Cut(Print(value), MaxValueLength)));
    }

    private static string Print(CedarValue value) =>
        value is CedarDuration duration ? $"{duration.Constructor}(\"{duration.InUnits()}\")" : value.ToString() ?? "";

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length] + "…";

    private static string Print(Expression expression)
    {
        var text = new StringBuilder();
        new ExpressionPrinter(text).Print(expression);
        return text.ToString();
    }
}
