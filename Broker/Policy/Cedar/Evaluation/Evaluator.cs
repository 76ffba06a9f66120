using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Evaluation;

/// <summary>A compiled expression.</summary>
internal abstract class Evaluator(SourceSpan span)
{
    protected SourceSpan Span { get; } = span;

    /// <summary>The value; <c>null</c> when it has none, and then the frame says why.</summary>
    public abstract CedarValue? Evaluate(EvaluationFrame frame);

    /// <summary>The value as a bool; <c>null</c> when it is none.</summary>
    public bool? EvaluateBool(EvaluationFrame frame)
    {
        switch (Evaluate(frame))
        {
            case CedarBool value:
                return value.Value;
            case { } other:
                frame.FailType(Span, "bool", other);
                return null;
            default:
                return null;
        }
    }

    protected static long? EvaluateLong(Evaluator operand, EvaluationFrame frame)
        => EvaluateAs<CedarLong>(operand, "long", frame)?.Value;

    protected static T? EvaluateAs<T>(Evaluator operand, string type, EvaluationFrame frame)
        where T : CedarValue
    {
        var value = operand.Evaluate(frame);
        return value is null ? null : As<T>(value, operand, type, frame);
    }

    protected static T? As<T>(CedarValue value, Evaluator operand, string type, EvaluationFrame frame)
        where T : CedarValue
    {
        if (value is T typed)
            return typed;
        frame.FailType(operand.Span, type, value);
        return null;
    }
}
