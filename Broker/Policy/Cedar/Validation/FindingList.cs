using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>The faults of one policy, each once however many combinations of types show it.</summary>
internal sealed class FindingList(string policyId, PolicyTemplate template)
{
    private readonly HashSet<(int Start, string Message)> _seen = [];
    private readonly List<ValidationFinding> _errors = [];
    private readonly List<ValidationFinding> _warnings = [];

    public IReadOnlyList<ValidationFinding> Errors => _errors;

    public IReadOnlyList<ValidationFinding> Warnings => _warnings;

    public void Add(SourceSpan span, string message)
    {
        if (_seen.Add((span.Start, message)))
            _errors.Add(new ValidationFinding(ValidationFindingKind.Fault, policyId, message, template.PositionOf(span.Start)));
    }

    public void Warn(ValidationFindingKind kind, string message)
        => _warnings.Add(new ValidationFinding(kind, policyId, message, template.Position));
}
