using System.Globalization;

namespace SecretsBroker.Policy.Cedar.Values;

public sealed class CedarLong(long value) : CedarValue
{
    public long Value { get; } = value;

    public override string TypeName => "long";

    public override bool Equals(CedarValue? other) => other is CedarLong number && number.Value == Value;

    // Seeded per process: a set of crafted numbers must not fall into one bucket.
    public override int GetHashCode() => HashCode.Combine(Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
