using System.Collections.Immutable;
using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>Finds the types of expressions in one environment. This part holds what binds expressions together; the others what they are.</summary>
internal sealed partial class TypeChecker(
    CedarSchema schema,
    RequestEnvironment environment,
    ExpressionKeys keys,
    FindingList findings)
{
    private static readonly ImmutableHashSet<Capability> Nothing = [];

    public bool IsAlwaysFalse(Expression condition) => ExpectBool(condition, Nothing).IsFalse;

    private Answer Check(Expression expression, ImmutableHashSet<Capability> known) => expression switch
    {
        LiteralExpression e => Literal(e),
        VariableExpression e => Answer.Of(Variable(e.Variable)),
        SlotExpression e => Answer.Of(new EntityReferenceType((e.Slot == RequestVariable.Principal ? environment.PrincipalSlot : environment.ResourceSlot)!)),
        ConditionalExpression e => Conditional(e, known),
        LogicalExpression { IsAnd: true } e => And(e, known),
        LogicalExpression e => Or(e, known),
        UnaryExpression e => Unary(e, known),
        BinaryExpression e => Binary(e, known),
        AttributeExpression e => Attribute(e, known),
        HasExpression { Path.Count: > 1 } e => Check(keys.Apart(e), known),
        HasExpression e => Has(e, known),
        LikeExpression e => Answer.Bool().After(Expect<StringType>(e.Target, known, "String")),
        IsExpression { Container: not null } e => Check(keys.Apart(e), known),
        IsExpression e => Is(e, known),
        SetExpression e => Set(e, known),
        RecordExpression e => Record(e, known),
        CallExpression e => Call(e, known),
        _ => Answer.Fail(),
    };

    private Answer Conditional(ConditionalExpression e, ImmutableHashSet<Capability> known)
    {
        var test = ExpectBool(e.Test, known);
        if (test.IsTrue)
        {
            var only = Check(e.Then, known.Union(test.Known));
            return (only.Failed ? only : only.With(only.Known.Union(test.Known))).After(test);
        }

        if (test.IsFalse)
            return Check(e.Otherwise, known).After(test);
        var then = Check(e.Then, known.Union(test.Known));
        var otherwise = Check(e.Otherwise, known);
        if (Join(e, then.Type, otherwise.Type) is not { } type)
            return Answer.Fail();
        return Answer.Of(type).With(then.Known.Union(test.Known).Intersect(otherwise.Known)).After(test).After(then).After(otherwise);
    }

    private Answer And(LogicalExpression e, ImmutableHashSet<Capability> known)
    {
        var left = ExpectBool(e.Operands[0], known);
        foreach (var operand in e.Operands.Skip(1))
        {
            // What stands behind something that is always false is never evaluated and need not be right.
            if (left.IsFalse)
                return Answer.Bool(false).After(left);
            var right = ExpectBool(operand, known.Union(left.Known));
            left = Conjunction(left, right).After(left).After(right);
        }

        return left;
    }

    private static Answer Conjunction(Answer left, Answer right)
    {
        if (left.Type is null || right.Type is null)
            return Answer.Fail(new BoolType());
        if (right.IsFalse)
            return Answer.Bool(false);
        if (right.IsTrue)
            return left.With(left.Known.Union(right.Known));

        // The official rules let go of what the left side knows here.
        return left.IsTrue ? right : Answer.Bool().With(left.Known.Union(right.Known));
    }

    private Answer Or(LogicalExpression e, ImmutableHashSet<Capability> known)
    {
        var left = ExpectBool(e.Operands[0], known);
        foreach (var operand in e.Operands.Skip(1))
        {
            if (left.IsTrue)
                return left;
            var right = ExpectBool(operand, known);
            left = Disjunction(left, right).After(left).After(right);
        }

        return left;
    }

    private static Answer Disjunction(Answer left, Answer right)
    {
        if (left.Type is null || right.Type is null)
            return Answer.Fail(new BoolType());
        if (right.IsTrue || left.IsFalse)
            return right;
        return right.IsFalse ? left : Answer.Bool().With(left.Known.Intersect(right.Known));
    }

    private Answer ExpectBool(Expression e, ImmutableHashSet<Capability> known) => Expect<BoolType>(e, known, "Bool");

    private Answer Expect<T>(Expression e, ImmutableHashSet<Capability> known, string expected)
        where T : SchemaType
        => Expect(e, known, static type => type is T, expected);

    private Answer Expect(Expression e, ImmutableHashSet<Capability> known, Func<SchemaType, bool> fits, string expected)
    {
        var answer = Check(e, known);
        if (answer.Type is null)
            return Answer.Fail();
        if (answer.Type is NeverType || fits(answer.Type))
            return answer;
        findings.Add(e.Span, $"expected {expected}, found {answer.Type}");
        return Answer.Fail();
    }

    private SchemaType? Join(Expression e, SchemaType? a, SchemaType? b)
    {
        if (a is null || b is null)
            return null;
        var join = TypeRelations.Join(a, b);
        if (join is null)
            findings.Add(e.Span, $"the types {a} and {b} do not go together");
        return join;
    }

    private Answer Literal(LiteralExpression e) => e.Value switch
    {
        CedarBool value => Answer.Bool(value.Value),
        CedarLong => Answer.Of(new LongType()),
        CedarString => Answer.Of(new StringType()),
        EntityUid uid when IsDeclared(uid) => Answer.Of(new EntityReferenceType(uid.Type)),
        _ => Answer.Fail(),
    };

    private bool IsDeclared(EntityUid uid)
        => Names.IsActionType(uid.Type) ? schema.Actions.ContainsKey(uid) : schema.EntityTypes.ContainsKey(uid.Type);

    private SchemaType Variable(RequestVariable variable) => variable switch
    {
        RequestVariable.Principal => new EntityReferenceType(environment.Principal),
        RequestVariable.Action => new EntityReferenceType(environment.Action.Uid.Type),
        RequestVariable.Resource => new EntityReferenceType(environment.Resource),
        _ => environment.Action.Context,
    };
}
