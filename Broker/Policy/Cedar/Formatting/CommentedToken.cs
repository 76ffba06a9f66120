using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Formatting;

/// <summary>A token with the comments that belong to it.</summary>
/// <param name="Token">As it was read.</param>
/// <param name="Above">On lines of their own before it.</param>
/// <param name="Behind">On its line; null for none.</param>
/// <param name="AfterBlankLine">Whether an empty line stands between it and what comes before it.</param>
internal sealed record CommentedToken(Token Token, IReadOnlyList<Comment> Above, Comment? Behind, bool AfterBlankLine)
{
    /// <summary>All tokens of a text, the end included.</summary>
    public static IReadOnlyList<CommentedToken> ReadAll(string text)
    {
        var tokens = new List<CommentedToken>();
        var tokenizer = new Tokenizer(text);
        var end = 0;
        while (true)
        {
            var token = tokenizer.Next();
            var gap = new Gap(text.AsSpan(end..token.Start), isFirst: tokens.Count == 0);
            if (gap.Behind is { } behind)
                tokens[^1] = tokens[^1] with { Behind = behind };
            tokens.Add(new CommentedToken(token, gap.Above, Behind: null, gap.EndsWithBlankLine));
            if (token.Kind == TokenKind.End)
                return tokens;
            end = token.End;
        }
    }

    /// <summary>What stands between two tokens: blanks and comments.</summary>
    private sealed class Gap
    {
        private readonly List<Comment> _above = [];

        public Gap(ReadOnlySpan<char> text, bool isFirst)
        {
            // What stands before the first token is on a line of its own wherever it begins.
            var lines = isFirst ? 1 : 0;
            for (var at = 0; at < text.Length; at++)
            {
                if (text[at] == '/')
                {
                    var length = text[at..].IndexOfAny('\n', '\r');
                    length = length < 0 ? text.Length - at : length;
                    Add(new Comment(text.Slice(at, length).TrimEnd().ToString(), lines > 1), lines);
                    at += length - 1;
                    lines = 0;
                }
                else if (text[at] == '\n' || (text[at] == '\r' && (at + 1 == text.Length || text[at + 1] != '\n')))
                {
                    lines++;
                }
            }

            EndsWithBlankLine = lines > 1;
        }

        public IReadOnlyList<Comment> Above => _above;

        public Comment? Behind { get; private set; }

        public bool EndsWithBlankLine { get; }

        private void Add(Comment comment, int lines)
        {
            if (lines == 0 && _above.Count == 0 && Behind is null)
                Behind = comment;
            else
                _above.Add(comment);
        }
    }
}
