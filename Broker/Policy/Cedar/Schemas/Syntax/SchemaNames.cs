namespace SecretsBroker.Policy.Cedar.Schemas.Syntax;

/// <summary>Names with a meaning of their own in schemas.</summary>
internal static class SchemaNames
{
    public const string Own = "__cedar";

    /// <summary>The types that are there without being declared, by their short names.</summary>
    public static readonly IReadOnlyDictionary<string, SchemaType> Builtin = new Dictionary<string, SchemaType>(StringComparer.Ordinal)
    {
        ["Bool"] = new BoolType(),
        ["Long"] = new LongType(),
        ["String"] = new StringType(),
        ["decimal"] = new ExtensionType("decimal"),
        ["ipaddr"] = new ExtensionType("ipaddr"),
        ["datetime"] = new ExtensionType("datetime"),
        ["duration"] = new ExtensionType("duration"),
    };

    public static bool IsReservedForTypes(string name)
        => name is "Bool" or "Boolean" or "Entity" or "Extension" or "Long" or "Record" or "Set" or "String";
}
