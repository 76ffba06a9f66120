using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Fuzzing;

/// <summary>Damages texts: cuts, repeats, swaps and inserts pieces of them, of other texts, and of what parsers stumble over.</summary>
internal sealed class Mutator(Dice dice, IReadOnlyList<string> corpus)
{
    private static readonly string[] Stumbling =
    [
        "\"", "\\", "\\u{", "\\u{d800}", "\\x80", "\r", "\n", "\0", "\ud800", "\udc00", "\ud83d\ude00", "::", ":", ";", "@", "?", "?x", "=", "!!!!!", "-", "--", "(", ")", "[", "]",
        "{", "}", "<", ">", "//", "/*", "9223372036854775808", "-9223372036854775808", "1e9", "1.5", "null", "true", "if", "in", "is", "has", "like", "principal", "__cedar", "__entity",
        "__extn", "{\"__extn\":{\"fn\":\"ip\",\"arg\":\"1.2.3.4/33\"}}", "Action::\"x\"", "Set<", "enum", "namespace", "appliesTo", ",,", "\u00a0", "\u2028", "\ufeff", "é",
    ];

    public string Mutate(string text)
    {
        for (var i = dice.Pick(1, 1, 1, 2, 3, 6); i > 0; i--)
            text = Once(text);
        return text;
    }

    private string Once(string text)
    {
        var (at, length) = Piece(text);
        return dice.Below(8) switch
        {
            0 => text.Remove(at, length),
            1 => text.Insert(at, text.Substring(at, length)),
            2 => text.Insert(dice.Below(text.Length + 1), text.Substring(at, length)),
            3 => text.Insert(at, string.Concat(Enumerable.Repeat(dice.Pick(Stumbling), 1 + dice.Below(dice.Chance(0.02) ? 3_000 : 3)))),
            4 => text.Remove(at, length).Insert(at, dice.Pick(Stumbling)),
            5 => text[..at],
            6 => text.Insert(at, ((char)dice.Below(dice.Chance(0.5) ? 128 : 65_536)).ToString()),
            _ => text.Insert(at, Foreign()),
        };
    }

    private string Foreign()
    {
        var other = corpus[dice.Below(corpus.Count)];
        var (at, length) = Piece(other);
        return other.Substring(at, length);
    }

    private (int At, int Length) Piece(string text)
    {
        var at = dice.Below(text.Length + 1);
        return (at, Math.Min(text.Length - at, dice.Below(dice.Chance(0.2) ? 200 : 8)));
    }
}
