namespace SecretsBroker.Policy.Cedar;

/// <summary>Bounds on what is read. Beyond them an input is refused with an error; within them every walk over it is bounded in depth.</summary>
public static class CedarLimits
{
    /// <summary>Longest text of one source, in UTF-16 units.</summary>
    public const int MaxTextLength = 8 * 1024 * 1024;

    /// <summary>Deepest nesting of an expression, a type or a value.</summary>
    public const int MaxDepth = 200;

    /// <summary>Deepest nesting of a JSON document: an expression takes at most four levels of it.</summary>
    public const int MaxJsonDepth = 4 * MaxDepth;

    /// <summary>Errors reported for one input; what comes after the first hundred helps nobody.</summary>
    public const int MaxErrors = 100;

    /// <summary>Pairs of entity and ancestor in one set of entities: what keeps `in` fast must not fill the memory.</summary>
    public const int MaxAncestorLinks = 8_000_000;

    /// <summary>Parts of one type of a schema, with every common type that it names written out.</summary>
    public const int MaxTypeSize = 50_000;

    /// <summary>
    /// Pairs of type and ancestor, and of action and ancestor, in one schema; and as many parents as written. One list can be the parents of
    /// many names, and a few kilobytes of text would fill the memory.
    /// </summary>
    public const int MaxSchemaLinks = 200_000;

    /// <summary>Fields of all records of one schema, those of a record that many names share counted for each.</summary>
    public const int MaxSchemaFields = 200_000;

    /// <summary>Combinations of action, principal's type and resource's type in one schema: each policy is checked for every one.</summary>
    public const int MaxRequestTypes = 100_000;

    /// <summary>Characters of one finding of the validator: a type that it names may be long.</summary>
    public const int MaxFindingLength = 2_000;
}
