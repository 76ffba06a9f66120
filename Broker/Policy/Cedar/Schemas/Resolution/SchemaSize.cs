namespace SecretsBroker.Policy.Cedar.Schemas.Resolution;

/// <summary>Refuses what would become too large before any of it is written out: a list that many names share counts for each.</summary>
internal static class SchemaSize
{
    public static bool IsWithinLimits(NameTable names, ErrorList errors)
    {
        var links = names.Entities.Values.Sum(entity => (long)entity.Syntax.Parents.Count + (entity.Syntax.Ids?.Count ?? 0))
            + names.Actions.Values.Sum(action => (long)action.Syntax.Parents.Count);
        var requests = names.Actions.Values.Sum(
            action => (action.Syntax.Principals.Count + 1L) * (action.Syntax.Resources.Count + 1L));
        if (links > CedarLimits.MaxSchemaLinks)
            errors.Add(default, $"types and actions have more than {CedarLimits.MaxSchemaLinks} parents and ids");
        if (requests > CedarLimits.MaxRequestTypes)
            errors.Add(default, $"the actions apply to more than {CedarLimits.MaxRequestTypes} combinations of types");
        return links <= CedarLimits.MaxSchemaLinks && requests <= CedarLimits.MaxRequestTypes;
    }
}
