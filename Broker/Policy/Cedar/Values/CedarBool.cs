namespace SecretsBroker.Policy.Cedar.Values;

public sealed class CedarBool : CedarValue
{
    public static readonly CedarBool True = new(value: true);
    public static readonly CedarBool False = new(value: false);

    private CedarBool(bool value) => Value = value;

    public bool Value { get; }

    public override string TypeName => "bool";

    public static new CedarBool Of(bool value) => value ? True : False;

    public override bool Equals(CedarValue? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Value ? 1 : 0;

    public override string ToString() => Value ? "true" : "false";
}
