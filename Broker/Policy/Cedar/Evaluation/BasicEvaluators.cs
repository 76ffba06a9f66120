using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Evaluation;

internal sealed class ConstantEvaluator(CedarValue value, SourceSpan span) : Evaluator(span)
{
    public CedarValue Value { get; } = value;

    public override CedarValue? Evaluate(EvaluationFrame frame) => Value;
}

internal sealed class VariableEvaluator(RequestVariable variable, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame) => variable switch
    {
        RequestVariable.Principal => frame.Request.Principal,
        RequestVariable.Action => frame.Request.Action,
        RequestVariable.Resource => frame.Request.Resource,
        _ => frame.Request.Context,
    };
}

internal sealed class ConditionalEvaluator(Evaluator test, Evaluator then, Evaluator otherwise, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
        => test.EvaluateBool(frame) is { } holds ? (holds ? then : otherwise).Evaluate(frame) : null;
}

internal sealed class LogicalEvaluator(bool isAnd, Evaluator[] operands, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
    {
        foreach (var operand in operands)
        {
            if (operand.EvaluateBool(frame) is not { } holds)
                return null;
            if (holds != isAnd)
                return CedarBool.Of(!isAnd);
        }

        return CedarBool.Of(isAnd);
    }
}

internal sealed class NotEvaluator(Evaluator operand, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
        => operand.EvaluateBool(frame) is { } holds ? CedarBool.Of(!holds) : null;
}

internal sealed class NegateEvaluator(Evaluator operand, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame) => EvaluateLong(operand, frame) switch
    {
        null => null,
        long.MinValue => frame.Fail(Span, "integer overflow"),
        { } value => new CedarLong(-value),
    };
}

internal sealed class SetEvaluator(Evaluator[] elements, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
    {
        var values = new CedarValue[elements.Length];
        for (var i = 0; i < elements.Length; i++)
        {
            if (elements[i].Evaluate(frame) is not { } value)
                return null;
            values[i] = value;
        }

        return CedarSet.Of(values);
    }
}

internal sealed class RecordEvaluator(string[] names, Evaluator[] values, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
    {
        var fields = new KeyValuePair<string, CedarValue>[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            if (values[i].Evaluate(frame) is not { } value)
                return null;
            fields[i] = new(names[i], value);
        }

        return CedarRecord.Of(fields);
    }
}
