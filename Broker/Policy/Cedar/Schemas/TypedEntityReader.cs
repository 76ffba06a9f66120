using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Json;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Schemas;

/// <summary>Reads entities by a schema and checks that they are as it says. The schema's actions are added to them.</summary>
internal sealed class TypedEntityReader(CedarSchema schema, JsonSource source)
{
    private readonly Conformance _conformance = new(schema);

    public CedarResult<EntitySet> Read()
    {
        var errors = new List<CedarError>();
        var entities = EntityReader.ReadAll(source, errors, ReadOne);
        if (errors.Count > 0)
            return new(errors);
        var set = EntitySet.Create(entities);
        if (!set.IsSuccess)
            return set;
        foreach (var action in entities.Where(e => Names.IsActionType(e.Uid.Type)))
        {
            if (!IsAsDeclared(action, set.Value))
                return new([source.ErrorAt(0, $"the action {action.Uid} is not as the schema declares it")]);
        }

        return schema.ActionEntities.With(entities.Where(e => !Names.IsActionType(e.Uid.Type)));
    }

    private CedarEntity ReadOne(JsonNode node)
    {
        var uid = node.Required("uid").AsEntityUid();
        if (Names.IsActionType(uid.Type))
            return EntityReader.ReadOne(node);
        if (!schema.EntityTypes.TryGetValue(uid.Type, out var type))
            throw JsonFault.At(node.Required("uid"), $"the entity type `{uid.Type}` is not declared");
        var attributes = TypedValueReader.Record(node.Required("attrs"), type.Attributes);
        var tags = node.Find("tags")?.AsObject("an object").ConvertAll(t => KeyValuePair.Create(t.Name, TypedValueReader.Read(t.Value, type.Tags)));
        var parents = node.Required("parents").AsArray("an array of entities").ConvertAll(p => p.AsEntityUid());
        var entity = new CedarEntity(uid, attributes, parents, tags is null ? null : CedarRecord.Of(tags));
        return _conformance.Check(entity) is { } wrong ? throw JsonFault.At(node, wrong) : entity;
    }

    private bool IsAsDeclared(CedarEntity action, EntitySet among)
        => schema.Actions.TryGetValue(action.Uid, out var declared)
            && action.Attributes.Count == 0
            && action.Tags.Count == 0
            && declared.Ancestors.SetEquals(among.Node(action.Uid)!.Ancestors.Items.ToArray());
}
