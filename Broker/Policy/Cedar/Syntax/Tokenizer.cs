namespace SecretsBroker.Policy.Cedar.Syntax;

/// <summary>Splits policy and schema text into tokens. Identifiers are ASCII; comments run from <c>//</c> to the end of the line.</summary>
internal sealed class Tokenizer(string text)
{
    // Longer symbols first.
    private static readonly string[] Symbols =
    [
        "::", "==", "!=", "<=", ">=", "||", "&&",
        "@", ".", ",", ";", ":", "(", ")", "{", "}", "[", "]", "<", ">", "+", "-", "*", "/", "%", "!", "=", "?",
    ];

    private int _at;

    public Token Next()
    {
        SkipBlank();
        if (_at == text.Length)
            return new Token(TokenKind.End, "", _at, _at);
        var c = text[_at];
        if (IsIdentifierStart(c))
            return Take(TokenKind.Identifier, IdentifierEnd(_at + 1));
        if (char.IsAsciiDigit(c))
            return Take(TokenKind.Number, EndWhile(_at + 1, char.IsAsciiDigit));
        if (c == '"')
            return TakeString();
        if (c == '?' && _at + 1 < text.Length && IsIdentifierStart(text[_at + 1]))
            return Take(TokenKind.Slot, IdentifierEnd(_at + 2));
        return TakeSymbol();
    }

    internal static bool IsIdentifierStart(char c) => c == '_' || char.IsAsciiLetter(c);

    internal static bool IsIdentifierPart(char c) => c == '_' || char.IsAsciiLetterOrDigit(c);

    private void SkipBlank()
    {
        while (_at < text.Length)
        {
            if (char.IsWhiteSpace(text[_at]))
                _at++;
            else if (text[_at] == '/' && _at + 1 < text.Length && text[_at + 1] == '/')
                _at = EndWhile(_at, static c => c is not ('\n' or '\r'));
            else
                return;
        }
    }

    private Token TakeString()
    {
        for (var end = _at + 1; end < text.Length; end++)
        {
            if (text[end] == '"')
                return Take(TokenKind.String, end + 1);
            if (text[end] != '\\')
                continue;
            if (++end < text.Length && text[end] == '\n')
                break;
        }

        return Fail("a string without its closing quote", text.Length);
    }

    private Token TakeSymbol()
    {
        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(text, _at, symbol, 0, symbol.Length) == 0)
            {
                var start = _at;
                _at += symbol.Length;
                return new Token(TokenKind.Symbol, symbol, start, _at);
            }
        }

        return Fail($"the character U+{(int)text[_at]:X4}", _at + 1);
    }

    private Token Take(TokenKind kind, int end)
    {
        var start = _at;
        _at = end;
        return new Token(kind, text[start..end], start, end);
    }

    private Token Fail(string what, int end)
    {
        var start = _at;
        _at = end;
        return new Token(TokenKind.Invalid, what, start, end);
    }

    private int IdentifierEnd(int from) => EndWhile(from, IsIdentifierPart);

    private int EndWhile(int from, Func<char, bool> condition)
    {
        while (from < text.Length && condition(text[from]))
            from++;
        return from;
    }
}
