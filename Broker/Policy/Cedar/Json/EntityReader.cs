using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Json;

/// <summary>Reads the JSON format of entities.</summary>
internal static class EntityReader
{
    public static CedarResult<EntitySet> Read(JsonSource source)
    {
        var errors = new List<CedarError>();
        var entities = ReadAll(source, errors, ReadOne);
        return errors.Count > 0 ? new(errors) : EntitySet.Create(entities);
    }

    public static List<CedarEntity> ReadAll(JsonSource source, List<CedarError> errors, Func<JsonNode, CedarEntity> readOne)
    {
        var entities = new List<CedarEntity>();
        if (source.Read(errors) is not { } root)
            return entities;
        if (root.Kind != JsonKind.Array)
            errors.Add(source.ErrorAt(root.Offset, $"unexpected {root.Describe()}", "an array of entities"));
        foreach (var node in root.Items)
        {
            try
            {
                entities.Add(readOne(node));
            }
            catch (JsonFault fault)
            {
                errors.Add(source.ErrorAt(fault.Offset, fault.Message, fault.Expected));
                if (errors.Count == CedarLimits.MaxErrors)
                    break;
            }
        }

        return entities;
    }

    public static CedarEntity ReadOne(JsonNode node)
    {
        node.AsObject("an entity as an object");
        var uid = node.Required("uid").AsEntityUid();
        var attributes = ValueReader.ReadRecord(node.Required("attrs"));
        var tags = node.Find("tags") is { } written ? ValueReader.ReadRecord(written) : null;
        var parents = node.Required("parents").AsArray("an array of entities").ConvertAll(p => Parent(uid, p));
        return new CedarEntity(uid, attributes, parents, tags);
    }

    private static EntityUid Parent(EntityUid child, JsonNode node)
    {
        var parent = node.AsEntityUid();
        return Names.IsActionType(child.Type) && !Names.IsActionType(parent.Type)
            ? throw JsonFault.At(node, "an action may stand only below actions")
            : parent;
    }
}
