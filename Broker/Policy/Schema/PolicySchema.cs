using System.Collections.Frozen;
using SecretsBroker.Policy.Cedar.Schemas;

namespace SecretsBroker.Policy.Schema;

/// <summary>What policies are written against: the broker's own schema, the catalogue's actions, and what the user has added.</summary>
/// <param name="Agents">What is asked about agents' intents.</param>
/// <param name="Operators">The same without the catalogue's actions, and what is asked about operators.</param>
internal sealed record PolicySchema(CedarSchema Agents, CedarSchema Operators)
{
    /// <summary>The broker's own, without a catalogue.</summary>
    public static PolicySchema BuiltIn { get; } = SchemaLoader.Load(own: null, catalog: null).Schema!;

    /// <summary>The declared claims. No others reach policy: what was checked against the schema then fits every question.</summary>
    public FrozenSet<string> Claims { get; } = NamesIn([Agents.EntityTypes[QuestionMapper.WorkloadType].Attributes], "claims");

    /// <summary>The declared labels.</summary>
    public FrozenSet<string> Labels { get; } = NamesIn(
        [.. Agents.Actions.Values.Select(action => action.Context), (RecordType)Agents.CommonTypes["Context"].Type], "labels");

    private static FrozenSet<string> NamesIn(IEnumerable<RecordType> records, string field) => records
        .Where(record => record.Fields.ContainsKey(field))
        .SelectMany(record => ((RecordType)record.Fields[field].Type).Fields.Keys)
        .ToFrozenSet(StringComparer.Ordinal);
}
