namespace SecretsBroker.Policy.Cedar.Schemas.Resolution;

/// <summary>Finds all that stands above each name, circles included.</summary>
internal static class Hierarchies
{
    /// <param name="parents">What stands directly above each; what has none of its own may be left out.</param>
    /// <returns>Null when there are more than <see cref="CedarLimits.MaxSchemaLinks"/> pairs.</returns>
    public static Dictionary<T, HashSet<T>>? Close<T>(IReadOnlyDictionary<T, IReadOnlyCollection<T>> parents)
        where T : notnull
    {
        var links = 0;
        var ancestors = new Dictionary<T, HashSet<T>>(parents.Count);
        foreach (var (name, direct) in parents)
        {
            var above = ancestors[name] = [];
            var open = new Stack<T>(direct);
            while (open.TryPop(out var next))
            {
                if (!above.Add(next))
                    continue;
                if (++links > CedarLimits.MaxSchemaLinks)
                    return null;
                foreach (var parent in parents.GetValueOrDefault(next, []))
                    open.Push(parent);
            }
        }

        return ancestors;
    }
}
