using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Schemas.Syntax;

/// <summary>Declarations of actions.</summary>
internal sealed partial class SchemaParser
{
    private void Action(Declarations into)
    {
        var names = Many(() => (Position: Here(), Name: NameOrString("an action's name")));
        var parents = AcceptWord("in") ? ActionReferences() : [];
        var (principals, resources, context) = AcceptWord("appliesTo") ? AppliesTo() : ([], [], null);
        if (AcceptWord("attributes"))
        {
            Expect("{");
            Expect("}");
        }

        Expect(";");
        foreach (var (position, name) in names)
            into.Add(this, new ActionSyntax(name, parents, principals, resources, context, position));
    }

    private (List<ReferenceSyntax> Principals, List<ReferenceSyntax> Resources, TypeSyntax? Context) AppliesTo()
    {
        var start = Current.Start;
        List<ReferenceSyntax>? principals = null, resources = null;
        TypeSyntax? context = null;
        Expect("{");
        do
        {
            var what = Current;
            if (AcceptWord("principal"))
                principals = Once(what, principals, Applied);
            else if (AcceptWord("resource"))
                resources = Once(what, resources, Applied);
            else if (AcceptWord("context"))
                context = Once(what, context, Context);
            else
                throw Unexpected("`principal`, `resource` or `context`");
            if (!Accept(",") && !Current.IsSymbol("}"))
                throw Unexpected("`,` or `}`");
        }
        while (!Accept("}"));
        if (principals is null || resources is null)
            Fault(start, $"the {(principals is null ? "principal" : "resource")} is missing");
        return (principals ?? [], resources ?? [], context);
    }

    private T Once<T>(Token what, T? before, Func<T> read)
        where T : class
    {
        if (before is not null)
            Fault(what.Start, $"`{what.Text}` is given twice");
        Expect(":");
        return read();
    }

    private List<ReferenceSyntax> Applied()
    {
        var start = Current.Start;
        var types = EntityTypes();
        if (types.Count == 0)
            Fault(start, "an action that applies to nothing needs no `appliesTo`", "at least one entity type");
        return types;
    }

    private TypeSyntax Context()
    {
        if (Current.IsSymbol("{"))
            return RecordType();
        var position = Here();
        return new NamedTypeSyntax(TypePath("a record type"), NameKind.Common, position);
    }

    private List<ActionReferenceSyntax> ActionReferences()
    {
        if (!Accept("["))
            return [ActionReference()];
        var references = Many(ActionReference);
        Expect("]");
        return references;
    }

    private ActionReferenceSyntax ActionReference()
    {
        var position = Here();
        if (Current.Kind == TokenKind.String)
            return new ActionReferenceSyntax(null, Unescape(Advance()), position);
        var path = Identifier("an action");
        if (!Current.IsSymbol("::"))
            return new ActionReferenceSyntax(null, path, position);
        while (Accept("::"))
        {
            if (Current.Kind == TokenKind.String)
                return new ActionReferenceSyntax(path, Unescape(Advance()), position);
            path += "::" + Identifier("an action's id as a string");
        }

        throw Unexpected("`::` and an action's id as a string");
    }
}
