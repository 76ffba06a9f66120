namespace SecretsBroker.Policy.Cedar.Schemas;

/// <summary>The type of an attribute, a tag, a context or an expression.</summary>
public abstract record SchemaType
{
    private protected SchemaType()
    {
    }
}

/// <param name="Value">The one value that an expression of this type has, when that is known; <c>null</c> in schemas.</param>
public sealed record BoolType(bool? Value = null) : SchemaType
{
    public override string ToString() => Value switch { null => "Bool", true => "Bool (always true)", _ => "Bool (always false)" };
}

public sealed record LongType : SchemaType
{
    public override string ToString() => "Long";
}

public sealed record StringType : SchemaType
{
    public override string ToString() => "String";
}

public sealed record SetType(SchemaType Element) : SchemaType
{
    public override string ToString() => $"Set<{Element}>";
}

public sealed record EntityReferenceType(string Name) : SchemaType
{
    public override string ToString() => Name;
}

/// <param name="Name"><c>decimal</c>, <c>ipaddr</c>, <c>datetime</c> or <c>duration</c>.</param>
public sealed record ExtensionType(string Name) : SchemaType
{
    public override string ToString() => Name;
}

/// <summary>A record with these fields and no others.</summary>
public sealed record RecordType(IReadOnlyDictionary<string, SchemaField> Fields) : SchemaType
{
    public static readonly RecordType Empty = new(new Dictionary<string, SchemaField>(StringComparer.Ordinal));

    public override string ToString()
        => "{" + string.Join(", ", Fields.Select(f => $"{f.Key}{(f.Value.IsRequired ? "" : "?")}: {f.Value.Type}")) + "}";
}

public sealed record SchemaField(SchemaType Type, bool IsRequired);

/// <summary>The type that every type includes: of the elements of nothing.</summary>
internal sealed record NeverType : SchemaType
{
    public override string ToString() => "nothing";
}
