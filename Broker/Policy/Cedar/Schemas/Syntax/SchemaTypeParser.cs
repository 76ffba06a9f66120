using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Schemas.Syntax;

/// <summary>Reads the types and names of the human-readable schema syntax.</summary>
internal abstract class SchemaTypeParser(SourceText source, List<CedarError> errors) : ParserBase(source, errors)
{
    protected TypeSyntax Type()
    {
        Enter();
        var result = TypeBody();
        Leave();
        return result;
    }

    protected RecordTypeSyntax RecordType()
    {
        var position = Here();
        var fields = new List<FieldSyntax>();
        Expect("{");
        while (!Accept("}"))
        {
            Annotations();
            var name = NameOrString("an attribute's name");
            var isRequired = !Accept("?");
            Expect(":");
            fields.Add(new FieldSyntax(name, Type(), isRequired));
            if (!Accept(",") && !Current.IsSymbol("}"))
                throw Unexpected("`,` or `}`");
        }

        return new RecordTypeSyntax(fields, position);
    }

    protected void Annotations()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (Accept("@"))
        {
            var name = ExpectKind(TokenKind.Identifier, "the name of an annotation");
            if (!names.Add(name.Text))
                Fault(name.Start, $"the annotation `@{name.Text}` occurs twice");
            if (!Accept("("))
                continue;
            ExpectString("the annotation's value as a string");
            Expect(")");
        }
    }

    /// <summary>A name that refers to a type: <c>__cedar</c> is allowed, keywords are not.</summary>
    protected string TypePath(string what)
    {
        var path = Identifier(what);
        while (Accept("::"))
            path += "::" + Identifier(what);
        return path;
    }

    protected string Path(string what) => TypePath(what);

    protected string Identifier(string what)
    {
        var token = ExpectKind(TokenKind.Identifier, what);
        if (Names.IsKeyword(token.Text))
            Fault(token.Start, $"`{token.Text}` is reserved", what);
        return token.Text;
    }

    /// <summary>A name that is declared here.</summary>
    protected string Declared(string what) => ExpectName(what);

    protected string NameOrString(string what)
        => Current.Kind == TokenKind.String ? Unescape(Advance()) : Identifier(what);

    /// <summary>One or more, separated by commas; none after the last.</summary>
    protected List<T> Many<T>(Func<T> read)
    {
        var items = new List<T> { read() };
        while (Accept(","))
            items.Add(read());
        return items;
    }

    protected CedarPosition Here() => Source.PositionOf(Current.Start);

    private TypeSyntax TypeBody()
    {
        var position = Here();
        if (Current.IsSymbol("{"))
            return RecordType();

        // `Set` names a type too, when nothing is said of its elements.
        var name = TypePath("a type");
        if (name != "Set" || !Accept("<"))
            return new NamedTypeSyntax(name, NameKind.Either, position);
        var element = Type();
        Expect(">");
        return new SetTypeSyntax(element, position);
    }
}
