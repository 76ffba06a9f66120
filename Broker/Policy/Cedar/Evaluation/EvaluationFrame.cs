using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Evaluation;

/// <summary>What evaluators see of one request, and where they leave the reason for failing.</summary>
internal sealed class EvaluationFrame(AuthorizationRequest request, EntitySet entities)
{
    public AuthorizationRequest Request { get; } = request;

    public EntitySet Entities { get; } = entities;

    public string? Error { get; private set; }

    public SourceSpan ErrorSpan { get; private set; }

    /// <summary>Always <c>null</c>: the result of an evaluator that failed.</summary>
    public CedarValue? Fail(SourceSpan span, string message)
    {
        Error = message;
        ErrorSpan = span;
        return null;
    }

    public CedarValue? FailType(SourceSpan span, string expected, CedarValue found)
        => Fail(span, $"expected {expected}, found {found.TypeName}");
}
