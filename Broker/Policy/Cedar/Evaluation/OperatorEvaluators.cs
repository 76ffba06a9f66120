using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Evaluation;

internal sealed class EqualEvaluator(bool negated, Evaluator left, Evaluator right, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
        => left.Evaluate(frame) is { } a && right.Evaluate(frame) is { } b ? CedarBool.Of(a.Equals(b) != negated) : null;
}

/// <summary>The order of numbers, instants and durations.</summary>
internal sealed class CompareEvaluator(BinaryOperator op, Evaluator left, Evaluator right, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
    {
        if (left.Evaluate(frame) is not { } a || right.Evaluate(frame) is not { } b)
            return null;
        return (a, b) switch
        {
            (CedarLong x, CedarLong y) => Compare(x.Value, y.Value),
            (CedarDateTime x, CedarDateTime y) => Compare(x.Milliseconds, y.Milliseconds),
            (CedarDuration x, CedarDuration y) => Compare(x.Milliseconds, y.Milliseconds),
            _ => frame.Fail(Span, $"`{OperatorNames.Of(op)}` compares two longs, datetimes or durations, not {a.TypeName} with {b.TypeName}"),
        };
    }

    private CedarBool Compare(long a, long b) => CedarBool.Of(op switch
    {
        BinaryOperator.Less => a < b,
        BinaryOperator.LessOrEqual => a <= b,
        BinaryOperator.Greater => a > b,
        _ => a >= b,
    });
}

internal sealed class ArithmeticEvaluator(BinaryOperator op, Evaluator left, Evaluator right, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
    {
        if (left.Evaluate(frame) is not { } leftValue || right.Evaluate(frame) is not { } rightValue)
            return null;
        if (As<CedarLong>(leftValue, left, "long", frame) is not { } a || As<CedarLong>(rightValue, right, "long", frame) is not { } b)
            return null;
        var result = op switch
        {
            BinaryOperator.Add => (Int128)a.Value + b.Value,
            BinaryOperator.Subtract => (Int128)a.Value - b.Value,
            _ => (Int128)a.Value * b.Value,
        };
        return result < long.MinValue || result > long.MaxValue
            ? frame.Fail(Span, "integer overflow")
            : new CedarLong((long)result);
    }
}

internal sealed class SetOperationEvaluator(BinaryOperator op, Evaluator left, Evaluator right, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
    {
        if (left.Evaluate(frame) is not { } leftValue || right.Evaluate(frame) is not { } rightValue)
            return null;
        if (As<CedarSet>(leftValue, left, "set", frame) is not { } set)
            return null;
        if (op == BinaryOperator.Contains)
            return CedarBool.Of(set.Contains(rightValue));
        if (As<CedarSet>(rightValue, right, "set", frame) is not { } other)
            return null;
        return CedarBool.Of(op == BinaryOperator.ContainsAll ? set.ContainsAll(other) : set.ContainsAny(other));
    }
}

internal sealed class IsEmptyEvaluator(Evaluator operand, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
        => EvaluateAs<CedarSet>(operand, "set", frame) is { } set ? CedarBool.Of(set.Count == 0) : null;
}

internal sealed class LikeEvaluator(Evaluator operand, IReadOnlyList<string> pattern, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
        => EvaluateAs<CedarString>(operand, "string", frame) is { } text ? CedarBool.Of(Matches(text.Value)) : null;

    // The first part begins the text, the last one ends it, and each part between is taken where it first fits.
    private bool Matches(ReadOnlySpan<char> text)
    {
        if (pattern.Count == 1)
            return text.SequenceEqual(pattern[0]);
        if (!text.StartsWith(pattern[0], StringComparison.Ordinal))
            return false;
        text = text[pattern[0].Length..];
        for (var i = 1; i < pattern.Count - 1; i++)
        {
            var at = text.IndexOf(pattern[i], StringComparison.Ordinal);
            if (at < 0)
                return false;
            text = text[(at + pattern[i].Length)..];
        }

        return text.EndsWith(pattern[^1], StringComparison.Ordinal);
    }
}

internal sealed class CallEvaluator(string name, Evaluator[] arguments, SourceSpan span) : Evaluator(span)
{
    private readonly ExtensionFunction? _function = ExtensionFunctions.Find(name);

    public override CedarValue? Evaluate(EvaluationFrame frame)
    {
        var values = new CedarValue[arguments.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i].Evaluate(frame) is not { } value)
                return null;
            values[i] = value;
        }

        if (_function is null)
            return frame.Fail(Span, $"there is no function `{name}`");
        return _function.TryCall(values, out var fault) ?? frame.Fail(Span, fault);
    }
}
