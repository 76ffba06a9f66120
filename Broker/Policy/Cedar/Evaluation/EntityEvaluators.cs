using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Evaluation;

internal sealed class InEvaluator(Evaluator left, Evaluator right, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
    {
        if (left.Evaluate(frame) is not { } leftValue || right.Evaluate(frame) is not { } container)
            return null;
        return As<EntityUid>(leftValue, left, "entity", frame) is { } uid ? IsIn(uid, container, right, frame) : null;
    }

    public static CedarValue? IsIn(EntityUid uid, CedarValue container, Evaluator source, EvaluationFrame frame)
    {
        if (container is EntityUid one)
            return CedarBool.Of(frame.Entities.IsIn(uid, one));
        if (As<CedarSet>(container, source, "entity or set of entities", frame) is not { } set)
            return null;

        // Also an element after the one that decides must be an entity.
        foreach (var element in set.Elements)
        {
            if (As<EntityUid>(element, source, "set of entities", frame) is null)
                return null;
        }

        foreach (var element in set.Elements)
        {
            if (frame.Entities.IsIn(uid, (EntityUid)element))
                return CedarBool.True;
        }

        return CedarBool.False;
    }
}

internal sealed class IsEvaluator(Evaluator operand, string entityType, Evaluator? container, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
    {
        if (EvaluateAs<EntityUid>(operand, "entity", frame) is not { } uid)
            return null;
        if (!string.Equals(uid.Type, entityType, StringComparison.Ordinal))
            return CedarBool.False;
        if (container is null)
            return CedarBool.True;
        return container.Evaluate(frame) is { } value ? InEvaluator.IsIn(uid, value, container, frame) : null;
    }
}

internal sealed class AttributeEvaluator(Evaluator target, string name, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
        => target.Evaluate(frame) is { } value ? Get(value, name, Span, frame) : null;

    public static CedarValue? Get(CedarValue target, string name, SourceSpan span, EvaluationFrame frame)
    {
        switch (target)
        {
            case CedarRecord record:
                return record.TryGet(name, out var field) ? field : frame.Fail(span, $"the record has no field `{name}`");
            case EntityUid uid:
                if (frame.Entities.Find(uid) is not { } entity)
                    return frame.Fail(span, $"the entity {uid} does not exist");
                return entity.Attributes.TryGet(name, out var attribute)
                    ? attribute
                    : frame.Fail(span, $"the entity {uid} has no attribute `{name}`");
            default:
                return frame.FailType(span, "entity or record", target);
        }
    }
}

internal sealed class HasEvaluator(Evaluator target, string[] path, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
    {
        var value = target.Evaluate(frame);
        foreach (var name in path)
        {
            if (value is null)
                return null;
            if (FieldsOf(value, frame.Entities) is not { } fields)
                return frame.FailType(Span, "entity or record", value);
            if (!fields.TryGet(name, out value))
                return CedarBool.False;
        }

        return CedarBool.True;
    }

    private static CedarRecord? FieldsOf(CedarValue value, EntitySet entities) => value switch
    {
        CedarRecord record => record,
        EntityUid uid => entities.Find(uid)?.Attributes ?? CedarRecord.Empty,
        _ => null,
    };
}

internal sealed class TagEvaluator(bool get, Evaluator target, Evaluator tag, SourceSpan span) : Evaluator(span)
{
    public override CedarValue? Evaluate(EvaluationFrame frame)
    {
        if (target.Evaluate(frame) is not { } targetValue || tag.Evaluate(frame) is not { } tagValue)
            return null;
        if (As<EntityUid>(targetValue, target, "entity", frame) is not { } uid
            || As<CedarString>(tagValue, tag, "string", frame) is not { } name)
        {
            return null;
        }

        var entity = frame.Entities.Find(uid);
        if (!get)
            return CedarBool.Of(entity?.Tags.Has(name.Value) ?? false);
        if (entity is null)
            return frame.Fail(Span, $"the entity {uid} does not exist");
        return entity.Tags.TryGet(name.Value, out var value) ? value : frame.Fail(Span, $"the entity {uid} has no tag {name}");
    }
}
