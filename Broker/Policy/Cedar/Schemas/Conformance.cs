using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Schemas;

/// <summary>Whether entities, requests and values are as a schema says. Each check says what is wrong first, or <c>null</c>.</summary>
internal sealed class Conformance(CedarSchema schema)
{
    public string? Check(CedarEntity entity)
    {
        var uid = entity.Uid;
        if (!schema.EntityTypes.TryGetValue(uid.Type, out var type))
            return $"the type of {uid} is not declared";
        if (Check(uid) is { } wrongId)
            return wrongId;
        if (Check(entity.Attributes, type.Attributes) is { } wrongAttribute)
            return $"{uid}: {wrongAttribute}";
        foreach (var parent in entity.Parents)
        {
            if (Check(parent) is { } wrongParent)
                return $"{uid}: {wrongParent}";
            if (!type.Ancestors.Contains(parent.Type))
                return $"{uid} cannot stand below {parent}";
        }

        foreach (var (name, tag) in entity.Tags.Fields)
        {
            if (type.Tags is null)
                return $"{uid} may have no tags";
            if (Check(tag, type.Tags) is { } wrongTag)
                return $"{uid}: tag `{name}`: {wrongTag}";
        }

        return null;
    }

    public string? Check(AuthorizationRequest request)
    {
        if (!schema.Actions.TryGetValue(request.Action, out var action))
            return $"the action {request.Action} is not declared";
        if (Check(request.Principal) is { } principal)
            return principal;
        if (Check(request.Resource) is { } resource)
            return resource;
        if (!action.Principals.Contains(request.Principal.Type, StringComparer.Ordinal))
            return $"{request.Action} does not apply to principals of type `{request.Principal.Type}`";
        if (!action.Resources.Contains(request.Resource.Type, StringComparer.Ordinal))
            return $"{request.Action} does not apply to resources of type `{request.Resource.Type}`";
        return Check(request.Context, action.Context) is { } context ? $"context: {context}" : null;
    }

    public string? Check(CedarValue value, SchemaType type) => (type, value) switch
    {
        (BoolType, CedarBool) or (LongType, CedarLong) or (StringType, CedarString) => null,
        (EntityReferenceType reference, EntityUid uid) when uid.Type == reference.Name => Check(uid),
        (ExtensionType extension, ExtensionValue made) when made.TypeName == extension.Name => null,
        (SetType set, CedarSet elements) => Check(elements, set),
        (RecordType record, CedarRecord fields) => Check(fields, record),
        _ => $"expected {type}, found {(value is EntityUid uid ? uid.Type : value.TypeName)}",
    };

    private string? Check(CedarSet set, SetType type)
    {
        foreach (var element in set.Elements)
        {
            if (Check(element, type.Element) is { } wrong)
                return wrong;
        }

        return null;
    }

    private string? Check(CedarRecord record, RecordType type)
    {
        foreach (var (name, field) in type.Fields)
        {
            if (field.IsRequired && !record.Has(name))
                return $"`{name}` is missing";
        }

        foreach (var (name, value) in record.Fields)
        {
            if (!type.Fields.TryGetValue(name, out var field))
                return $"`{name}` is not declared";
            if (Check(value, field.Type) is { } wrong)
                return $"`{name}`: {wrong}";
        }

        return null;
    }

    private string? Check(EntityUid uid)
    {
        if (schema.EntityTypes.TryGetValue(uid.Type, out var type))
            return type.Ids?.Contains(uid.Id) == false ? $"{uid} is none of the ids that its type lists" : null;
        return Names.IsActionType(uid.Type) && !schema.Actions.ContainsKey(uid) ? $"the action {uid} is not declared" : null;
    }
}
