using System.Globalization;
using System.Text;

namespace SecretsBroker.Policy.Cedar.Syntax;

/// <summary>The escapes of string and pattern literals.</summary>
internal static class StringEscapes
{
    /// <summary>The text between the quotes with its escapes resolved; <c>null</c> when one of them is wrong.</summary>
    public static string? Unescape(string raw)
    {
        if (!raw.AsSpan().ContainsAny('\\', '\r'))
            return raw;
        var text = new StringBuilder(raw.Length);
        for (var at = 0; at < raw.Length;)
        {
            if (Next(raw, ref at) is not { } rune)
                return null;
            text.Append(rune);
        }

        return text.ToString();
    }

    /// <summary>A pattern as its literal parts, between each two of which stands a wildcard; <c>null</c> when an escape is wrong.</summary>
    public static IReadOnlyList<string>? UnescapePattern(string raw)
    {
        var parts = new List<string>();
        var part = new StringBuilder();
        for (var at = 0; at < raw.Length;)
        {
            if (string.CompareOrdinal(raw, at, @"\*", 0, 2) == 0)
            {
                part.Append('*');
                at += 2;
                continue;
            }

            // A star is a wildcard however it is written, also as \x2a.
            if (Next(raw, ref at) is not { } rune)
                return null;
            if (rune == "*")
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(rune);
            }
        }

        parts.Add(part.ToString());
        return parts;
    }

    public static string Quote(string text) => "\"" + Escape(text) + "\"";

    public static string QuotePattern(IEnumerable<string> parts)
        => "\"" + string.Join("*", parts.Select(p => Escape(p).Replace("*", @"\*", StringComparison.Ordinal))) + "\"";

    private static string Escape(string text)
    {
        StringBuilder? escaped = null;
        for (var i = 0; i < text.Length; i++)
        {
            var replacement = text[i] switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                '\0' => @"\0",
                var c when char.IsControl(c) => string.Create(CultureInfo.InvariantCulture, $"\\u{{{(int)c:x}}}"),
                _ => null,
            };
            if (replacement is not null)
                escaped ??= new StringBuilder(text, 0, i, text.Length + 8);
            if (replacement is not null)
                escaped!.Append(replacement);
            else
                escaped?.Append(text[i]);
        }

        return escaped?.ToString() ?? text;
    }

    private static string? Next(string raw, ref int at)
    {
        var c = raw[at];
        if (c != '\\')
        {
            // A bare carriage return would make the text depend on how the file was checked out.
            if (c == '\r')
                return null;
            var length = char.IsSurrogatePair(raw, at) ? 2 : 1;
            at += length;
            return raw.Substring(at - length, length);
        }

        if (at + 1 >= raw.Length)
            return null;
        at += 2;
        return raw[at - 1] switch
        {
            'n' => "\n",
            'r' => "\r",
            't' => "\t",
            '\\' => "\\",
            '0' => "\0",
            '\'' => "'",
            '"' => "\"",
            'x' => Ascii(raw, ref at),
            'u' => CodePoint(raw, ref at),
            _ => null,
        };
    }

    private static string? Ascii(string raw, ref int at)
    {
        if (at + 2 > raw.Length || !char.IsAsciiHexDigit(raw[at]) || !char.IsAsciiHexDigit(raw[at + 1]))
            return null;
        var value = Convert.ToInt32(raw.Substring(at, 2), 16);
        at += 2;
        return value > 0x7f ? null : ((char)value).ToString();
    }

    private static string? CodePoint(string raw, ref int at)
    {
        var close = at < raw.Length && raw[at] == '{' ? raw.IndexOf('}', at) : -1;
        if (close < 0 || raw[at + 1] == '_')
            return null;
        var digits = raw[(at + 1)..close].Replace("_", "", StringComparison.Ordinal);
        at = close + 1;
        if (digits.Length is 0 or > 6 || !digits.All(char.IsAsciiHexDigit))
            return null;
        var value = Convert.ToInt32(digits, 16);
        return Rune.IsValid(value) ? new Rune(value).ToString() : null;
    }
}
