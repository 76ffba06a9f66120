namespace SecretsBroker.Policy.Cedar.Values;

/// <summary>An immutable Cedar value. Values of different types are never equal.</summary>
public abstract class CedarValue : IEquatable<CedarValue>
{
    private protected CedarValue()
    {
    }

    /// <summary>The Cedar name of the value's type, for messages.</summary>
    public abstract string TypeName { get; }

    /// <summary>Levels of sets and records in the value; a scalar has none.</summary>
    internal virtual int Depth => 0;

    public static CedarValue Of(bool value) => CedarBool.Of(value);

    public static CedarValue Of(long value) => new CedarLong(value);

    public static CedarValue Of(string value) => new CedarString(value);

    public static CedarValue Of(IEnumerable<CedarValue> elements) => CedarSet.Of(elements);

    public abstract bool Equals(CedarValue? other);

    public abstract override int GetHashCode();

    public override bool Equals(object? obj) => Equals(obj as CedarValue);

    /// <summary>The value as a Cedar expression.</summary>
    public abstract override string ToString();
}
