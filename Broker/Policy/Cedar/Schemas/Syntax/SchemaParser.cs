using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Schemas.Syntax;

/// <summary>Reads the human-readable schema syntax: one function a grammar rule. Types are read by the base class.</summary>
internal sealed partial class SchemaParser : SchemaTypeParser
{
    private readonly Dictionary<string, Declarations> _namespaces = new(StringComparer.Ordinal);

    private SchemaParser(SourceText source, List<CedarError> errors)
        : base(source, errors)
    {
    }

    public static IEnumerable<NamespaceSyntax> Parse(SourceText source, List<CedarError> errors)
    {
        if (source.Text.Length > CedarLimits.MaxTextLength)
        {
            errors.Add(source.ErrorAt(0, $"the text is longer than {CedarLimits.MaxTextLength} characters"));
            return [];
        }

        var parser = new SchemaParser(source, errors);
        parser.Schema();
        return parser._namespaces.Select(n => new NamespaceSyntax(n.Key, n.Value.Types, n.Value.Entities, n.Value.Actions));
    }

    private void Schema()
    {
        _namespaces.Add("", new Declarations());
        while (!AtEnd && !TooManyErrors)
        {
            Attempt(() =>
            {
                Annotations();
                if (AcceptWord("namespace"))
                    Namespace();
                else
                    Declaration(_namespaces[""]);
            });
        }
    }

    private void Attempt(Action read)
    {
        try
        {
            read();
        }
        catch (SyntaxFault)
        {
            Recover();
        }
    }

    private void Namespace()
    {
        var start = Current.Start;
        var name = Path("a namespace's name");
        if (name.Split("::").Contains("__cedar"))
            Fault(start, "`__cedar` is reserved");
        var declarations = new Declarations();
        if (!_namespaces.TryAdd(name, declarations))
            Fault(start, $"the namespace `{name}` is declared twice");
        Expect("{");
        while (!Accept("}"))
        {
            if (AtEnd)
                throw Unexpected("`}`");
            Attempt(() =>
            {
                Annotations();
                Declaration(declarations);
            });
        }
    }

    private void Declaration(Declarations into)
    {
        if (AcceptWord("entity"))
            Entity(into);
        else if (AcceptWord("action"))
            Action(into);
        else if (AcceptWord("type"))
            CommonType(into);
        else
            throw Unexpected("`entity`, `action`, `type` or `namespace`");
    }

    private void Entity(Declarations into)
    {
        var names = Many(() => (Position: Here(), Name: Declared("an entity type's name")));
        if (AcceptWord("enum"))
        {
            Expect("[");
            var ids = Many(() => ExpectString("an id as a string"));
            Expect("]");
            Expect(";");
            foreach (var (position, name) in names)
                into.Add(this, new EntitySyntax(name, [], null, null, ids, position));
            return;
        }

        var parents = AcceptWord("in") ? EntityTypes() : [];
        var equals = Accept("=");
        TypeSyntax? attributes = equals || Current.IsSymbol("{") ? RecordType() : null;
        var tags = AcceptWord("tags") ? Type() : null;
        Expect(";");
        foreach (var (position, name) in names)
            into.Add(this, new EntitySyntax(name, parents, attributes, tags, null, position));
    }

    private void CommonType(Declarations into)
    {
        var position = Here();
        var start = Current.Start;
        var name = Declared("a type's name");
        if (SchemaNames.IsReservedForTypes(name))
            Fault(start, $"`{name}` is reserved");
        Expect("=");
        var type = Type();
        Expect(";");
        into.Add(this, new CommonTypeSyntax(name, type, position));
    }

    private List<ReferenceSyntax> EntityTypes()
    {
        if (!Accept("["))
            return [Reference()];
        if (Accept("]"))
            return [];
        var types = Many(Reference);
        Expect("]");
        return types;
    }

    private ReferenceSyntax Reference()
    {
        var position = Here();
        return new ReferenceSyntax(TypePath("an entity type"), position);
    }
}
