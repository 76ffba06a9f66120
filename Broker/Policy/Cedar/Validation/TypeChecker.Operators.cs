using System.Collections.Immutable;
using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>Unary and binary operators, and the hierarchy.</summary>
internal sealed partial class TypeChecker
{
    private Answer Unary(UnaryExpression e, ImmutableHashSet<Capability> known)
    {
        switch (e.Operator)
        {
            case UnaryOperator.Not:
                var operand = ExpectBool(e.Operand, known);
                return operand.Type is null ? Answer.Fail(new BoolType()) : Not(operand);
            case UnaryOperator.Negate:
                return Answer.Of(new LongType()).After(Expect<LongType>(e.Operand, known, "Long"));
            default:
                return Answer.Bool().After(Expect<SetType>(e.Operand, known, "a set"));
        }
    }

    private static Answer Not(Answer operand) => Answer.Bool(operand.Type is BoolType { Value: { } value } ? !value : null).After(operand);

    private Answer Binary(BinaryExpression e, ImmutableHashSet<Capability> known) => e.Operator switch
    {
        BinaryOperator.Equal => Equal(e, known),
        BinaryOperator.NotEqual => Not(Equal(e, known)),
        BinaryOperator.Less or BinaryOperator.LessOrEqual or BinaryOperator.Greater or BinaryOperator.GreaterOrEqual => Compare(e, known),
        BinaryOperator.In => In(e, known),
        BinaryOperator.Contains => Contains(e, known),
        BinaryOperator.ContainsAll or BinaryOperator.ContainsAny => ContainsMany(e, known),
        BinaryOperator.HasTag => HasTag(e, known),
        BinaryOperator.GetTag => GetTag(e, known),
        _ => Answer.Of(new LongType()).After(Expect<LongType>(e.Left, known, "Long")).After(Expect<LongType>(e.Right, known, "Long")),
    };

    private Answer Equal(BinaryExpression e, ImmutableHashSet<Capability> known)
    {
        var (left, right) = (Check(e.Left, known), Check(e.Right, known));
        if (left.Type is EntityReferenceType a && right.Type is EntityReferenceType b && a != b)
            return Answer.Bool(false).After(left).After(right);
        if (Constant(e.Left) is { } x && Constant(e.Right) is { } y)
            return Answer.Bool(x.Equals(y)).After(left).After(right);
        return Together(e, left.Type, right.Type).After(left).After(right);
    }

    private Answer Compare(BinaryExpression e, ImmutableHashSet<Capability> known)
    {
        var (left, right) = (Check(e.Left, known), Check(e.Right, known));
        if (left.Type is null || right.Type is null)
            return Answer.Fail(new BoolType());
        if (left.Type is LongType or ExtensionType { Name: "datetime" or "duration" } && left.Type.Equals(right.Type))
            return Answer.Bool().After(left).After(right);
        findings.Add(e.Span, $"`{OperatorNames.Of(e.Operator)}` compares two longs, datetimes or durations, not {left.Type} with {right.Type}");
        return Answer.Fail(new BoolType());
    }

    private Answer Contains(BinaryExpression e, ImmutableHashSet<Capability> known)
    {
        var set = Expect<SetType>(e.Left, known, "a set");
        var element = Check(e.Right, known);
        return Together(e, (set.Type as SetType)?.Element, element.Type).After(set).After(element);
    }

    private Answer ContainsMany(BinaryExpression e, ImmutableHashSet<Capability> known)
    {
        var (left, right) = (Expect<SetType>(e.Left, known, "a set"), Expect<SetType>(e.Right, known, "a set"));
        return Together(e, left.Type, right.Type).After(left).After(right);
    }

    // Values of types that do not go together are never equal: to ask for it is a mistake.
    private Answer Together(Expression e, SchemaType? a, SchemaType? b)
        => a is null || b is null || Join(e, a, b) is not null ? Answer.Bool() : Answer.Fail(new BoolType());

    private Answer Is(IsExpression e, ImmutableHashSet<Capability> known)
    {
        var target = ExpectEntity(e.Target, known);
        return target.Type is EntityReferenceType reference
            ? Answer.Bool(reference.Name == e.EntityType).After(target)
            : Answer.Fail(new BoolType());
    }

    private Answer In(BinaryExpression e, ImmutableHashSet<Capability> known)
    {
        var left = ExpectEntity(e.Left, known);
        var right = Expect(e.Right, known, IsEntityOrSet, "an entity or a set of entities");
        if (left.Failed || right.Failed)
            return Answer.Fail(new BoolType());
        if (Constant(e.Left) is EntityUid action && Names.IsActionType(action.Type) && Constants(e.Right) is { } groups)
            return ActionIn(action, groups);
        var container = right.Type is SetType set ? set.Element : right.Type;
        return left.Type is EntityReferenceType a && container is EntityReferenceType b && !schema.CanBeIn(a.Name, b.Name)
            ? Answer.Bool(false)
            : Answer.Bool();
    }

    // The schema says which action is in which group, so the answer is known.
    private Answer ActionIn(EntityUid action, EntityUid[] containers)
    {
        var groups = Array.FindAll(containers, c => Names.IsActionType(c.Type));
        if (!Array.TrueForAll(groups, schema.Actions.ContainsKey))
            return Answer.Fail(new BoolType());
        return Answer.Bool(Array.Exists(groups, g => schema.ActionEntities.IsIn(action, g)));
    }

    private static bool IsEntityOrSet(SchemaType type)
        => type is EntityReferenceType or SetType { Element: EntityReferenceType or NeverType };

    private CedarValue? Constant(Expression e) => e switch
    {
        LiteralExpression literal => literal.Value,
        VariableExpression { Variable: RequestVariable.Action } => environment.Action.Uid,
        _ => null,
    };

    private EntityUid[]? Constants(Expression e)
    {
        if (Constant(e) is EntityUid one)
            return [one];
        if (e is not SetExpression set)
            return null;
        var many = set.Elements.Select(Constant).OfType<EntityUid>().ToArray();
        return many.Length == set.Elements.Count ? many : null;
    }
}
