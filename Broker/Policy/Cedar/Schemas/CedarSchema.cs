using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Json;
using SecretsBroker.Policy.Cedar.Schemas.Resolution;
using SecretsBroker.Policy.Cedar.Schemas.Syntax;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Schemas;

/// <summary>What types of entities and what actions there are. Immutable, and safe to use from many threads.</summary>
public sealed class CedarSchema
{
    internal CedarSchema(
        IReadOnlyDictionary<string, SchemaCommonType> commonTypes,
        IReadOnlyDictionary<string, SchemaEntityType> entityTypes,
        IReadOnlyDictionary<EntityUid, SchemaAction> actions,
        EntitySet actionEntities)
    {
        CommonTypes = commonTypes;
        EntityTypes = entityTypes;
        Actions = actions;
        ActionEntities = actionEntities;
    }

    public IReadOnlyDictionary<string, SchemaCommonType> CommonTypes { get; }

    public IReadOnlyDictionary<string, SchemaEntityType> EntityTypes { get; }

    public IReadOnlyDictionary<EntityUid, SchemaAction> Actions { get; }

    /// <summary>The actions as entities, with their groups above them.</summary>
    public EntitySet ActionEntities { get; }

    /// <summary>Reads one schema of one or several parts; either all are right, or every fault is reported.</summary>
    public static CedarResult<CedarSchema> Parse(params IEnumerable<SchemaSource> sources)
    {
        var errors = new List<CedarError>();
        var (namespaces, defaults) = (new List<NamespaceSyntax>(), new List<NamespaceSyntax>());
        foreach (var source in sources)
        {
            (source.IsDefault ? defaults : namespaces).AddRange(source.IsJson
                ? new SchemaJsonReader(new JsonSource(source.FileName, source.Text), errors).Read()
                : SchemaParser.Parse(new SourceText(source.FileName, source.Text), errors));
        }

        if (errors.Count > 0)
            return new(errors);
        var declared = new DeclaredNames(namespaces);
        return new SchemaResolver([.. defaults.Select(declared.Without), .. namespaces], errors).Resolve();
    }

    /// <summary>Reads entities by the schema: escapes may be left out, every entity must conform, and the schema's actions are added.</summary>
    public CedarResult<EntitySet> ParseEntities(string json, string fileName = "entities")
        => new TypedEntityReader(this, new JsonSource(fileName, json)).Read();

    /// <summary>Reads the context of a request for the action by the schema.</summary>
    public CedarResult<CedarRecord> ParseContext(string json, EntityUid action, string fileName = "context")
    {
        var errors = new List<CedarError>();
        var source = new JsonSource(fileName, json);
        if (source.Read(errors) is not { } root)
            return new(errors);
        if (!Actions.TryGetValue(action, out var declared))
            return new([source.ErrorAt(0, $"the action {action} is not declared")]);
        try
        {
            var context = TypedValueReader.Record(root, declared.Context);
            return new Conformance(this).Check(context, declared.Context) is { } wrong ? new([source.ErrorAt(0, wrong)]) : new(context);
        }
        catch (JsonFault fault)
        {
            return new([source.ErrorAt(fault.Offset, fault.Message, fault.Expected)]);
        }
    }

    /// <summary>What about the entity is not as the schema says; <c>null</c> when all is.</summary>
    public string? FaultOf(CedarEntity entity) => new Conformance(this).Check(entity);

    /// <summary>What about the request is not as the schema says; <c>null</c> when all is.</summary>
    public string? FaultOf(AuthorizationRequest request) => new Conformance(this).Check(request);

    internal bool IsKnownType(string type) => Names.IsActionType(type) || EntityTypes.ContainsKey(type);

    /// <summary>Whether an entity of the first type can stand below one of the second, or be one.</summary>
    internal bool CanBeIn(string type, string ancestor)
        => type == ancestor
            || (EntityTypes.TryGetValue(type, out var declared)
                ? declared.Ancestors.Contains(ancestor)
                : Actions.Values.Any(a => a.Uid.Type == type && a.Ancestors.Any(g => g.Type == ancestor)));
}
