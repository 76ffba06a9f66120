namespace SecretsBroker.Policy.Cedar.Syntax;

/// <param name="Text">The symbol or identifier; of a string or number its raw form; of an invalid token what is wrong with it.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Start, int End)
{
    public SourceSpan Span => new(Start, End);

    public bool IsSymbol(string symbol) => Kind == TokenKind.Symbol && Text == symbol;

    public bool IsIdentifier(string name) => Kind == TokenKind.Identifier && Text == name;

    public string Describe() => Kind switch
    {
        TokenKind.End => "the end of the text",
        TokenKind.Invalid => Text,
        TokenKind.String => "a string",
        _ => $"`{Text}`",
    };
}
