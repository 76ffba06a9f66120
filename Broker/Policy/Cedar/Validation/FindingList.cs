using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>The faults of one policy, each once however many combinations of types show it.</summary>
internal sealed class FindingList(string policyId, PolicyTemplate template)
{
    private readonly HashSet<(int Start, string Message)> _seen = [];
    private readonly Dictionary<(int Start, string Name), string> _missing = [];
    private readonly HashSet<(int Start, string Name)> _present = [];
    private readonly List<ValidationFinding> _errors = [];
    private readonly List<ValidationFinding> _warnings = [];

    public IReadOnlyList<ValidationFinding> Errors => _errors;

    public IReadOnlyList<ValidationFinding> Warnings => _warnings;

    public void Add(SourceSpan span, string message)
    {
        if (_errors.Count >= CedarLimits.MaxErrors)
            return;
        if (message.Length > CedarLimits.MaxFindingLength)
            message = message[..CedarLimits.MaxFindingLength] + "…";
        if (_seen.Add((span.Start, message)))
            _errors.Add(new ValidationFinding(ValidationFindingKind.Fault, policyId, message, template.PositionOf(span.Start)));
    }

    /// <summary>For one combination of types, whether what a <c>has</c> asks for can be there.</summary>
    /// <param name="span">The question.</param>
    /// <param name="name">The attribute.</param>
    /// <param name="fault">What to say when it can be there for no combination; <c>null</c> when it can be there for this one.</param>
    public void Asked(SourceSpan span, string name, string? fault)
    {
        if (fault is null)
            _present.Add((span.Start, name));
        else
            _missing.TryAdd((span.Start, name), fault);
    }

    /// <summary>Warns of what can never be there, when all combinations have been looked at.</summary>
    public void WarnOfMissing()
    {
        foreach (var (question, fault) in _missing.Where(missing => !_present.Contains(missing.Key)))
            _warnings.Add(new ValidationFinding(ValidationFindingKind.NeverThere, policyId, fault, template.PositionOf(question.Start)));
    }

    public void Warn(ValidationFindingKind kind, string message)
        => _warnings.Add(new ValidationFinding(kind, policyId, message, template.Position));
}
