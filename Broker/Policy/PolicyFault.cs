using SecretsBroker.Policy.Cedar;

namespace SecretsBroker.Policy;

/// <param name="Path">Where: <c>payments.cedar:3:5</c>, line and column.</param>
/// <param name="Rule">What is wrong or must hold.</param>
internal readonly record struct PolicyFault(string Path, string Rule)
{
    public static PolicyFault At(CedarPosition position, string rule) => new($"{position.File}:{position.Line}:{position.Column}", rule);

    public static PolicyFault Of(CedarError error) => new(
        $"{error.File}:{error.Line}:{error.Column}",
        error.Expected is null ? error.Message : $"{error.Message}; expected {error.Expected}");

    public override string ToString() => $"{Path}: {Rule}";
}
