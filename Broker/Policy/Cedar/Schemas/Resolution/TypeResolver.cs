using SecretsBroker.Policy.Cedar.Schemas.Syntax;

namespace SecretsBroker.Policy.Cedar.Schemas.Resolution;

/// <summary>Turns types as written into types, common types written out.</summary>
internal sealed class TypeResolver(NameTable names, ErrorList errors)
{
    private static readonly (SchemaType, int) Unknown = (new NeverType(), 1);

    private readonly Dictionary<string, (SchemaType Type, int Size)> _common = new(StringComparer.Ordinal);
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private int _depth;
    private long _fields;

    public SchemaType Resolve(NamespaceSyntax space, TypeSyntax syntax)
    {
        var (type, size) = Sized(space, syntax);
        if (size > CedarLimits.MaxTypeSize)
            errors.Add(syntax.Position, $"the type has more than {CedarLimits.MaxTypeSize} parts");
        return type;
    }

    public RecordType ResolveRecord(NamespaceSyntax space, TypeSyntax? syntax, string what)
    {
        if (syntax is null)
            return RecordType.Empty;
        var type = Resolve(space, syntax);
        if (type is RecordType record)
            return record;
        if (type is not NeverType)
            errors.Add(syntax.Position, $"{what} must be a record, not {type}");
        return RecordType.Empty;
    }

    /// <summary>Resolves each common type, also one that nothing uses.</summary>
    public IReadOnlyDictionary<string, SchemaCommonType> ResolveAll()
        => names.CommonTypes.ToDictionary(
            type => type.Key,
            type => new SchemaCommonType(type.Key, Common(type.Key).Type, type.Value.Syntax.Position),
            StringComparer.Ordinal);

    private (SchemaType Type, int Size) Sized(NamespaceSyntax space, TypeSyntax syntax)
    {
        // Common types may name each other in a chain that is longer than the stack is deep.
        if (_depth >= CedarLimits.MaxDepth)
        {
            errors.Add(syntax.Position, $"nested deeper than {CedarLimits.MaxDepth} levels");
            return Unknown;
        }

        _depth++;
        var result = syntax switch
        {
            KnownTypeSyntax known => (known.Type, 1),
            SetTypeSyntax set => Set(space, set),
            RecordTypeSyntax record => Record(space, record),
            _ => Named(space, (NamedTypeSyntax)syntax),
        };
        _depth--;
        return result;
    }

    private (SchemaType Type, int Size) Set(NamespaceSyntax space, SetTypeSyntax set)
    {
        var (element, size) = Sized(space, set.Element);
        return (new SetType(element), Sum(size, 1));
    }

    // Of a field that is declared twice only the last declaration counts: what the others say is not even looked up.
    private (SchemaType Type, int Size) Record(NamespaceSyntax space, RecordTypeSyntax record)
    {
        var before = _fields;
        _fields += record.Fields.Count;
        if (_fields > CedarLimits.MaxSchemaFields)
        {
            if (before <= CedarLimits.MaxSchemaFields)
                errors.Add(record.Position, $"the records have more than {CedarLimits.MaxSchemaFields} fields in all");
            return Unknown;
        }

        var counting = new Dictionary<string, FieldSyntax>(StringComparer.Ordinal);
        foreach (var field in record.Fields)
            counting[field.Name] = field;
        var fields = new Dictionary<string, SchemaField>(StringComparer.Ordinal);
        var size = 1;
        foreach (var field in counting.Values)
        {
            var (type, fieldSize) = Sized(space, field.Type);
            fields[field.Name] = new SchemaField(type, field.IsRequired);
            size = Sum(size, fieldSize);
        }

        return (new RecordType(fields), size);
    }

    private (SchemaType Type, int Size) Named(NamespaceSyntax space, NamedTypeSyntax named)
    {
        if (names.Resolve(space, named.Name, named.Kind) is not { } full)
        {
            errors.Add(named.Position, $"there is no {Describe(named.Kind)} `{named.Name}`");
            return Unknown;
        }

        if (named.Kind.HasFlag(NameKind.Common))
        {
            if (names.CommonTypes.ContainsKey(full))
                return Common(full);
            if (names.Builtin.TryGetValue(full, out var builtin))
                return (builtin, 1);
        }

        return (new EntityReferenceType(full), 1);
    }

    private (SchemaType Type, int Size) Common(string full)
    {
        if (_common.TryGetValue(full, out var known))
            return known;
        var (space, syntax) = names.CommonTypes[full];
        if (!_open.Add(full))
        {
            errors.Add(syntax.Position, $"the type `{full}` contains itself");
            return Unknown;
        }

        var resolved = Sized(space, syntax.Type);
        if (resolved.Size > CedarLimits.MaxTypeSize)
        {
            errors.Add(syntax.Position, $"the type has more than {CedarLimits.MaxTypeSize} parts");
            resolved = Unknown;
        }

        _open.Remove(full);
        return _common[full] = resolved;
    }

    private static int Sum(int a, int b) => (int)Math.Min((long)a + b, CedarLimits.MaxTypeSize + 1);

    private static string Describe(NameKind kind) => kind switch
    {
        NameKind.Common => "common type",
        NameKind.Entity => "entity type",
        _ => "type",
    };
}
