using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Schemas;

namespace SecretsBroker.Policy.Schema;

/// <summary>
/// Whether a schema still fits what the broker asks: it must declare what the broker gives, as the broker gives it, and demand nothing
/// that the broker does not give. Where the broker's own has an empty record, the user chooses the names.
/// </summary>
internal static class SchemaCoverage
{
    /// <param name="own">What the broker gives.</param>
    /// <param name="extended">The same with the user's additions.</param>
    public static IReadOnlyList<PolicyFault> FaultsOf(CedarSchema own, CedarSchema extended)
    {
        var faults = new List<PolicyFault>();
        foreach (var type in own.CommonTypes.Values)
        {
            var given = extended.CommonTypes[type.Name];
            faults.AddRange(Compare(type.Type, given.Type, $"`{type.Name}`").Select(rule => PolicyFault.At(given.Position, rule)));
        }

        // Types and actions are made of those: their faults would be told once more, and further from where they are.
        return faults.Count > 0 ? faults : [.. TypeFaults(own, extended), .. ActionFaults(own, extended)];
    }

    private static IEnumerable<PolicyFault> TypeFaults(CedarSchema own, CedarSchema extended)
    {
        foreach (var type in own.EntityTypes.Values)
        {
            var given = extended.EntityTypes[type.Name];
            var rules = Compare(type.Attributes, given.Attributes, $"`{type.Name}`").Concat(
                type.Ancestors.Except(given.Ancestors).Select(above => $"`{type.Name}` must stand below `{above}`"));
            if (given.Ids is not null)
            {
                rules = rules.Append($"`{type.Name}` must not list its ids");
            }

            if (given.Tags is not null)
            {
                rules = rules.Append($"`{type.Name}` must have no tags: the broker gives none");
            }

            foreach (var rule in rules)
            {
                yield return PolicyFault.At(given.Position, rule);
            }
        }
    }

    private static IEnumerable<PolicyFault> ActionFaults(CedarSchema own, CedarSchema extended)
    {
        foreach (var action in own.Actions.Values)
        {
            var given = extended.Actions[action.Uid];
            var rules = action.Principals.Except(given.Principals).Select(type => $"{action.Uid} must apply to principals of type `{type}`")
                .Concat(action.Resources.Except(given.Resources).Select(type => $"{action.Uid} must apply to resources of type `{type}`"))
                .Concat(Compare(action.Context, given.Context, $"the context of {action.Uid}"));
            foreach (var rule in rules)
            {
                yield return PolicyFault.At(given.Position, rule);
            }
        }
    }

    private static IEnumerable<string> Compare(SchemaType own, SchemaType given, string path)
    {
        if (own is not RecordType mine || given is not RecordType theirs)
        {
            return own.Equals(given) ? [] : [$"{path} must be {own}; it is {given}"];
        }

        return mine.Fields.SelectMany(field => Field(field.Key, field.Value, theirs, path)).Concat(theirs.Fields
            .Where(field => !mine.Fields.ContainsKey(field.Key))
            .SelectMany(field => Addition(field.Key, field.Value, isOpen: mine.Fields.Count == 0, path)));
    }

    private static IEnumerable<string> Field(string name, SchemaField own, RecordType record, string path)
    {
        if (!record.Fields.TryGetValue(name, out var given))
        {
            return [$"{path} must have `{name}`: the broker gives it"];
        }

        return given.IsRequired && !own.IsRequired
            ? [$"{path} must have `{name}` as optional: the broker does not always give it"]
            : Compare(own.Type, given.Type, $"{path}: `{name}`");
    }

    private static IEnumerable<string> Addition(string name, SchemaField field, bool isOpen, string path)
    {
        if (!isOpen)
        {
            return [$"{path} must not have `{name}`: the broker does not give it"];
        }

        return field is { IsRequired: false, Type: StringType }
            ? []
            : [$"{path}: `{name}` must be an optional String: `{name}?: String`"];
    }
}
