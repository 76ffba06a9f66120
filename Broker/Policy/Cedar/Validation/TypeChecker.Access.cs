using System.Collections.Immutable;
using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>Attributes, tags, sets, records and calls.</summary>
internal sealed partial class TypeChecker
{
    private Answer Attribute(AttributeExpression e, ImmutableHashSet<Capability> known)
    {
        var target = ExpectHolder(e.Target, known);
        if (target.Type is null)
            return Answer.Fail();
        if (Field(target.Type, e.Name) is not { } field)
        {
            findings.Add(e.Span, $"{target.Type} has no attribute `{e.Name}`{Similar.To(e.Name, FieldsOf(target.Type).Keys)}");
            return Answer.Fail();
        }

        if (field.IsRequired || known.Contains(Attribute(e.Target, e.Name)))
            return Answer.Of(field.Type).After(target);
        findings.Add(e.Span, $"the attribute `{e.Name}` may be missing; ask for it with `has` first");
        return Answer.Fail(field.Type);
    }

    private Answer Has(HasExpression e, ImmutableHashSet<Capability> known)
    {
        var name = e.Path[0];
        var target = ExpectHolder(e.Target, known);
        if (target.Type is null)
            return Answer.Fail(new BoolType());
        if (target.Type is NeverType)
            return Answer.Bool().After(target);
        if (Field(target.Type, name) is not { } field)
        {
            findings.Asked(e.Span, name, $"{target.Type} never has `{name}`{Similar.To(name, FieldsOf(target.Type).Keys)}");
            return Answer.Bool(false).After(target);
        }

        findings.Asked(e.Span, name, fault: null);

        // An entity need not exist, so even what its type requires may be missing; unless it has been asked for.
        var isCertain = known.Contains(Attribute(e.Target, name)) || (field.IsRequired && target.Type is RecordType);
        return Answer.Bool(isCertain ? true : null).With(Attribute(e.Target, name)).After(target);
    }

    private Answer HasTag(BinaryExpression e, ImmutableHashSet<Capability> known)
    {
        var target = ExpectEntity(e.Left, known);
        var tag = Expect<StringType>(e.Right, known, "String");
        if (target.Type is not EntityReferenceType reference)
            return Answer.Fail();
        var capability = Tag(e);
        bool? value = TagsOf(reference) is null ? false : known.Contains(capability) ? true : null;
        return Answer.Bool(value).With(capability).After(target).After(tag);
    }

    private Answer GetTag(BinaryExpression e, ImmutableHashSet<Capability> known)
    {
        var target = ExpectEntity(e.Left, known);
        var tag = Expect<StringType>(e.Right, known, "String");
        if (target.Type is not EntityReferenceType reference)
            return Answer.Fail();
        if (!known.Contains(Tag(e)))
        {
            findings.Add(e.Span, "the tag may be missing; ask for it with `hasTag` first");
            return Answer.Fail();
        }

        if (TagsOf(reference) is { } type)
            return Answer.Of(type).After(target).After(tag);
        findings.Add(e.Span, $"{reference} has no tags");
        return Answer.Fail();
    }

    private Answer Set(SetExpression e, ImmutableHashSet<Capability> known)
    {
        var result = Answer.Of(new NeverType());
        var elements = e.Elements.Select(element => Check(element, known)).ToArray();
        if (elements.Length == 0)
        {
            findings.Add(e.Span, "the type of an empty set cannot be known");
            return Answer.Fail();
        }

        if (Array.Exists(elements, element => element.Type is null))
            return Answer.Fail();
        foreach (var element in elements)
        {
            if (Join(e, result.Type, element.Type) is not { } type)
                return Answer.Fail();
            result = Answer.Of(type).After(result).After(element);
        }

        return Answer.Of(new SetType(result.Type!)).After(result);
    }

    private Answer Record(RecordExpression e, ImmutableHashSet<Capability> known)
    {
        var fields = new Dictionary<string, SchemaField>(StringComparer.Ordinal);
        var result = Answer.Bool();
        foreach (var (name, value) in e.Fields)
        {
            var answer = Check(value, known);
            result = result.After(answer);
            fields[name] = new SchemaField(answer.Type ?? new NeverType(), IsRequired: true);
            if (answer.Type is null)
                result = Answer.Fail();
        }

        return result.Failed && result.Type is null ? Answer.Fail() : Answer.Of(new RecordType(fields)).After(result);
    }

    private Answer Call(CallExpression e, ImmutableHashSet<Capability> known)
    {
        var function = ExtensionFunctions.Find(e.Function)!;
        var result = TypeOf(function.Result);
        var failed = false;
        if (e.Arguments.Count != function.Parameters.Count)
        {
            findings.Add(e.Span, $"`{e.Function}` takes {function.Parameters.Count - (function.IsConstructor ? 0 : 1)} arguments");
            failed = true;
        }

        if (function.IsConstructor && e.Arguments.Any(a => a is not LiteralExpression))
        {
            findings.Add(e.Span, $"the argument of `{e.Function}` must be a literal");
            failed = true;
        }

        if (function.IsConstructor && e.Arguments is [LiteralExpression { Value: CedarString text }] && function.Apply([text]) is null)
        {
            findings.Add(e.Span, $"{text} is no argument for `{e.Function}`");
            failed = true;
        }

        if (failed)
        {
            foreach (var argument in e.Arguments)
                Check(argument, known);
            return Answer.Fail(result);
        }

        var answer = Answer.Of(result);
        for (var i = 0; i < e.Arguments.Count; i++)
        {
            var parameter = TypeOf(function.Parameters[i]);
            answer = answer.After(Expect(e.Arguments[i], known, type => type.Equals(parameter), parameter.ToString()!));
        }

        return answer;
    }

    private Answer ExpectHolder(Expression e, ImmutableHashSet<Capability> known)
        => Expect(e, known, static type => type is EntityReferenceType or RecordType, "an entity or a record");

    private Answer ExpectEntity(Expression e, ImmutableHashSet<Capability> known) => Expect<EntityReferenceType>(e, known, "an entity");

    private SchemaField? Field(SchemaType holder, string name) => FieldsOf(holder).GetValueOrDefault(name);

    private IReadOnlyDictionary<string, SchemaField> FieldsOf(SchemaType holder) => holder switch
    {
        RecordType record => record.Fields,
        EntityReferenceType reference when schema.EntityTypes.TryGetValue(reference.Name, out var type) => type.Attributes.Fields,
        _ => RecordType.Empty.Fields,
    };

    private SchemaType? TagsOf(EntityReferenceType reference) => schema.EntityTypes.GetValueOrDefault(reference.Name)?.Tags;

    private Capability Attribute(Expression target, string name) => new(keys.Of(target), name, IsTag: false);

    private Capability Tag(BinaryExpression e) => new(keys.Of(e.Left), keys.Of(e.Right), IsTag: true);

    private static SchemaType TypeOf(string name) => name switch
    {
        "bool" => new BoolType(),
        "long" => new LongType(),
        "string" => new StringType(),
        _ => new ExtensionType(name),
    };
}
