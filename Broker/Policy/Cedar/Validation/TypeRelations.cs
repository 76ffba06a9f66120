using SecretsBroker.Policy.Cedar.Schemas;

namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>How types relate by the strict rules: records have the same fields, entities the same type.</summary>
internal static class TypeRelations
{
    public static bool IsSubtype(SchemaType a, SchemaType b)
    {
        if (ReferenceEquals(a, b))
            return true;
        return (a, b) switch
        {
            (NeverType, _) => true,
            (BoolType x, BoolType y) => y.Value is null || x.Value == y.Value,
            (SetType x, SetType y) => IsSubtype(x.Element, y.Element),
            (RecordType x, RecordType y) => SameFields(x, y) && x.Fields.All(f => IsSubtype(f.Value.Type, y.Fields[f.Key].Type)),
            (RecordType or SetType, _) or (_, RecordType or SetType) => false,
            _ => a.Equals(b),
        };
    }

    /// <summary>The least type that includes both; <c>null</c> when they have none.</summary>
    public static SchemaType? Join(SchemaType a, SchemaType b)
    {
        if (IsSubtype(a, b))
            return b;
        if (IsSubtype(b, a))
            return a;
        return (a, b) switch
        {
            (BoolType, BoolType) => new BoolType(),
            (SetType x, SetType y) => Join(x.Element, y.Element) is { } element ? new SetType(element) : null,
            (RecordType x, RecordType y) => Join(x, y),
            _ => null,
        };
    }

    private static RecordType? Join(RecordType a, RecordType b)
    {
        if (!SameFields(a, b))
            return null;
        var fields = new Dictionary<string, SchemaField>(StringComparer.Ordinal);
        foreach (var (name, field) in a.Fields)
        {
            if (Join(field.Type, b.Fields[name].Type) is not { } type)
                return null;
            fields[name] = field with { Type = type };
        }

        return new RecordType(fields);
    }

    private static bool SameFields(RecordType a, RecordType b)
        => a.Fields.Count == b.Fields.Count
            && a.Fields.All(f => b.Fields.TryGetValue(f.Key, out var other) && other.IsRequired == f.Value.IsRequired);
}
