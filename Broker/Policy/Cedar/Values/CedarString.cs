using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Values;

/// <summary>A string; compared unit by unit, never normalised.</summary>
public sealed class CedarString(string value) : CedarValue
{
    public string Value { get; } = value;

    public override string TypeName => "string";

    public override bool Equals(CedarValue? other)
        => other is CedarString text && string.Equals(text.Value, Value, StringComparison.Ordinal);

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => StringEscapes.Quote(Value);
}
