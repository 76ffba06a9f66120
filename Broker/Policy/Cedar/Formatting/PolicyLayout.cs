using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Formatting;

/// <summary>
/// Lays out policies token by token, in their order: what is read from the result is what was read before. The text is known to be right,
/// so this is the grammar without its checks.
/// </summary>
internal sealed class PolicyLayout(IReadOnlyList<CommentedToken> tokens)
{
    private int _at;

    private CommentedToken Current => tokens[_at];

    public IReadOnlyList<Layout> Lay()
    {
        var parts = new List<Layout>();
        while (Current.Token.Kind != TokenKind.End)
        {
            Outside(parts);
            Policy(parts);
        }

        Outside(parts);
        return parts;
    }

    /// <summary>What stands between policies: one empty line, and comments with the empty lines that they had.</summary>
    private void Outside(List<Layout> parts)
    {
        if (Current.Token.Kind == TokenKind.End && Current.Above.Count == 0)
            return;
        parts.Add(Layout.BlankLine);
        for (var i = 0; i < Current.Above.Count; i++)
        {
            if (i > 0 && Current.Above[i].AfterBlankLine)
                parts.Add(Layout.BlankLine);
            parts.Add(new Layout.Remark(Current.Above[i].Text, IsBehind: false));
        }

        if (Current.Above.Count > 0 && Current.AfterBlankLine && Current.Token.Kind != TokenKind.End)
            parts.Add(Layout.BlankLine);
    }

    private void Policy(List<Layout> parts)
    {
        var isFirst = true;
        while (Current.Token.IsSymbol("@"))
        {
            Take(parts, withAbove: !isFirst);
            Take(parts);
            if (Current.Token.IsSymbol("("))
                parts.Add(Bracket());
            parts.Add(Layout.NewLine);
            isFirst = false;
        }

        Take(parts, withAbove: !isFirst);
        parts.Add(Layout.Space);
        parts.Add(Bracket());
        while (!Current.Token.IsSymbol(";"))
        {
            parts.Add(Layout.NewLine);
            Take(parts);
            parts.Add(Layout.Space);
            parts.Add(Bracket(Layout.Line));
        }

        Take(parts);
    }

    /// <summary>What stands in brackets: expressions, the fields of a record, the three parts of a head.</summary>
    private Layout.Group Bracket(Layout? inside = null)
    {
        var parts = new List<Layout>();
        Take(parts);
        var items = new List<Layout>();
        while (!IsClosing(Current.Token))
        {
            items.Add(items.Count == 0 ? inside ?? Layout.SoftLine : Layout.Line);
            Item(items);
        }

        Above(items);
        parts.Add(new Layout.Indent(items));
        if (items.Count > 0)
            parts.Add(inside ?? Layout.SoftLine);
        Take(parts, withAbove: false);
        return new Layout.Group(parts);
    }

    private void Item(List<Layout> parts)
    {
        Expression(parts);
        if (Current.Token.IsSymbol(":"))
        {
            Take(parts);
            parts.Add(Layout.Space);
            Expression(parts);
        }

        if (!Current.Token.IsSymbol(","))
            return;
        // A comma that nothing follows is left out.
        if (IsClosing(tokens[_at + 1].Token))
            Drop(parts);
        else
            Take(parts);
    }

    private void Expression(List<Layout> parts)
    {
        if (Current.Token.IsIdentifier("if"))
            parts.Add(Conditional());
        else
            Or(parts);
    }

    private Layout.Group Conditional()
    {
        var parts = new List<Layout>();
        Branch(parts);
        var branches = new List<Layout> { Layout.Line };
        Branch(branches);
        branches.Add(Layout.Line);
        Branch(branches);
        parts.Add(new Layout.Indent(branches));
        return new Layout.Group(parts);
    }

    private void Branch(List<Layout> parts)
    {
        Take(parts);
        parts.Add(Layout.Space);
        Expression(parts);
    }

    private void Or(List<Layout> parts)
    {
        var first = And();
        if (!Current.Token.IsSymbol("||"))
        {
            parts.AddRange(first.Alone);
            return;
        }

        var chain = new List<Layout>(first.WithinOther);
        while (AcceptOperator(chain, "||"))
            chain.AddRange(And().WithinOther);
        parts.Add(new Layout.Group(chain));
    }

    private AndChain And()
    {
        var chain = new AndChain([], []);
        Relation(chain.First);
        while (AcceptOperator(chain.Others, "&&"))
            Relation(chain.Others);
        return chain;
    }

    private bool AcceptOperator(List<Layout> parts, string symbol)
    {
        if (!Current.Token.IsSymbol(symbol))
            return false;
        parts.Add(Layout.Space);
        Take(parts);
        parts.Add(Layout.Line);
        return true;
    }

    /// <summary>Whatever binds tighter than a chain. It is broken in its brackets only.</summary>
    private void Relation(List<Layout> parts)
    {
        var before = Place.Start;
        while (!EndsRelation(Current.Token))
        {
            var token = Current.Token;
            var opens = token.Kind == TokenKind.Symbol && token.Text is "(" or "[" or "{";
            var joins = token.Kind == TokenKind.Symbol && token.Text is "." or "::";
            if (before == Place.Operator || (before == Place.Operand && !opens && !joins))
                parts.Add(Layout.Space);
            if (opens)
                parts.Add(Bracket());
            else
                Take(parts);
            before = opens ? Place.Operand : After(token, before);
        }
    }

    private static Place After(Token token, Place before) => token.Kind switch
    {
        TokenKind.Symbol when token.Text is "." or "::" or "!" => Place.Prefix,
        TokenKind.Symbol when token.Text == "-" && before != Place.Operand => Place.Prefix,
        TokenKind.Symbol => Place.Operator,
        TokenKind.Identifier when token.Text is "in" or "is" or "has" or "like" => Place.Operator,
        _ => Place.Operand,
    };

    private static bool EndsRelation(Token token) => token.Kind switch
    {
        TokenKind.End => true,
        TokenKind.Symbol => token.Text is "&&" or "||" or "," or ":" or ";" || IsClosing(token),
        TokenKind.Identifier => token.Text is "then" or "else",
        _ => false,
    };

    private static bool IsClosing(Token token) => token.Kind == TokenKind.Symbol && token.Text is ")" or "]" or "}";

    /// <summary>Takes the current token with its comments.</summary>
    private void Take(List<Layout> parts, bool withAbove = true)
    {
        if (withAbove)
            Above(parts);
        parts.Add(new Layout.Text(Current.Token.Text));
        Behind(parts);
        _at++;
    }

    private void Drop(List<Layout> parts)
    {
        Above(parts);
        Behind(parts);
        _at++;
    }

    private void Above(List<Layout> parts) =>
        parts.AddRange(Current.Above.Select(comment => new Layout.Remark(comment.Text, IsBehind: false)));

    private void Behind(List<Layout> parts)
    {
        if (Current.Behind is { } comment)
            parts.Add(new Layout.Remark(comment.Text, IsBehind: true));
    }

    /// <summary>What a token of a relation comes after: after a prefix, as after a dot, nothing may come between.</summary>
    private enum Place
    {
        Start,
        Operand,
        Operator,
        Prefix,
    }

    private readonly record struct AndChain(List<Layout> First, List<Layout> Others)
    {
        /// <summary>Operands stand below each other.</summary>
        public IReadOnlyList<Layout> Alone => Others.Count == 0 ? First : [new Layout.Group([.. First, .. Others])];

        /// <summary>Told apart from the operands of the other chain by an indent.</summary>
        public IReadOnlyList<Layout> WithinOther => Others.Count == 0 ? First : [new Layout.Group([.. First, new Layout.Indent(Others)])];
    }
}
