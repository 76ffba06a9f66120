namespace SecretsBroker.Policy.Cedar.Syntax;

/// <summary>
/// What the policy and the schema parser share: a cursor over tokens and the faults found so far. A fault of form ends the declaration
/// it stands in by <see cref="SyntaxFault"/>; a fault of meaning is noted and parsing goes on, so that one reading shows them all.
/// </summary>
internal abstract class ParserBase
{
    private readonly Tokenizer _tokenizer;
    private readonly List<CedarError> _errors;
    private int _depth;

    private protected ParserBase(SourceText source, List<CedarError> errors)
    {
        Source = source;
        _errors = errors;
        _tokenizer = new Tokenizer(source.Text);
        Current = _tokenizer.Next();
    }

    protected SourceText Source { get; }

    protected Token Current { get; private set; }

    /// <summary>Where the last token that was taken ended.</summary>
    protected int LastEnd { get; private set; }

    protected bool AtEnd => Current.Kind == TokenKind.End;

    protected bool TooManyErrors => _errors.Count >= CedarLimits.MaxErrors;

    protected Token Advance()
    {
        var token = Current;
        LastEnd = token.End;
        Current = _tokenizer.Next();
        return token;
    }

    protected bool Accept(string symbol)
    {
        if (!Current.IsSymbol(symbol))
            return false;
        Advance();
        return true;
    }

    protected bool AcceptWord(string word)
    {
        if (!Current.IsIdentifier(word))
            return false;
        Advance();
        return true;
    }

    protected void Expect(string symbol)
    {
        if (!Accept(symbol))
            throw Unexpected($"`{symbol}`");
    }

    protected Token ExpectKind(TokenKind kind, string what)
        => Current.Kind == kind ? Advance() : throw Unexpected(what);

    protected string ExpectString(string what) => Unescape(ExpectKind(TokenKind.String, what));

    protected string Unescape(Token token)
    {
        if (StringEscapes.Unescape(token.Text[1..^1]) is { } text)
            return text;
        Fault(token.Start, "the string holds an invalid escape", @"\n, \r, \t, \0, \\, \', \"", \x00 to \x7f or \u{…}");
        return "";
    }

    /// <summary>An identifier that is no keyword.</summary>
    protected string ExpectName(string what)
    {
        var token = ExpectKind(TokenKind.Identifier, what);
        if (Names.IsReserved(token.Text))
            Fault(token.Start, $"`{token.Text}` is reserved", what);
        return token.Text;
    }

    protected SyntaxFault Unexpected(string expected)
    {
        Fault(Current.Start, $"unexpected {Current.Describe()}", expected);
        return new SyntaxFault();
    }

    protected void Fault(int offset, string message, string? expected = null)
    {
        if (!TooManyErrors)
            _errors.Add(Source.ErrorAt(offset, message, expected));
    }

    protected void FaultAt(CedarPosition position, string message)
    {
        if (!TooManyErrors)
            _errors.Add(new CedarError(position.File, position.Line, position.Column, message));
    }

    /// <summary>Guards a rule that can contain itself.</summary>
    protected void Enter()
    {
        if (++_depth <= CedarLimits.MaxDepth)
            return;
        Fault(Current.Start, $"nested deeper than {CedarLimits.MaxDepth} levels");
        throw new SyntaxFault();
    }

    protected void Leave() => _depth--;

    /// <summary>Goes on behind the next semicolon after a fault.</summary>
    protected void Recover()
    {
        _depth = 0;
        while (!AtEnd && !Accept(";"))
            Advance();
    }

    protected sealed class SyntaxFault : Exception;
}
