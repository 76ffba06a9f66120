using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace SecretsBroker.Audit;

/// <summary>
/// One JSON object in the one form the audit log knows: see <see cref="AuditLine"/>. Its members' names are the writer's own and need no
/// escaping; those of an object within it do.
/// </summary>
internal sealed class CanonicalJson(ArrayBufferWriter<byte> output)
{
    /// <summary>A string is cut after this many UTF-16 code units.</summary>
    public const int MaxString = 1024;

    /// <summary>A list is cut after this many members, unless it says otherwise.</summary>
    public const int MaxList = 64;

    /// <summary>An object is cut after this many members.</summary>
    public const int MaxEntries = 256;

    private const string CutMark = "…";

    private bool _hasMember;

    public void Begin()
    {
        _hasMember = false;
        Raw("{"u8);
    }

    public void End() => Raw("}"u8);

    public void Member(ReadOnlySpan<byte> name, string value)
    {
        if (value.Length > 0)
        {
            Name(name);
            Text(value);
        }
    }

    public void Member(ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        var span = output.GetSpan(20);
        Utf8Formatter.TryFormat(value, span, out var written);
        output.Advance(written);
    }

    public void Member(ReadOnlySpan<byte> name, bool? value)
    {
        if (value is { } known)
        {
            Name(name);
            Raw(known ? "true"u8 : "false"u8);
        }
    }

    public void Member(ReadOnlySpan<byte> name, TimeSpan? value)
    {
        if (value is { } known)
        {
            Member(name, (long)known.TotalMilliseconds);
        }
    }

    public void Member(ReadOnlySpan<byte> name, DateTimeOffset? value)
    {
        if (value is { } known)
        {
            Member(name, AuditLine.FormatTime(known));
        }
    }

    public void Member(ReadOnlySpan<byte> name, IReadOnlyList<string> values, int limit = MaxList)
    {
        if (values.Count == 0)
        {
            return;
        }

        Name(name);
        Raw("["u8);
        for (var i = 0; i < values.Count && i < limit; i++)
        {
            if (i > 0)
            {
                Raw(","u8);
            }

            Text(values[i]);
        }

        Raw("]"u8);
    }

    /// <summary>An object of strings, in the order of their names.</summary>
    public void Member(ReadOnlySpan<byte> name, IReadOnlyDictionary<string, string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        Name(name);
        var separator = "{"u8;
        foreach (var (key, value) in values.OrderBy(pair => pair.Key, StringComparer.Ordinal).Take(MaxEntries))
        {
            Raw(separator);
            Text(key);
            Raw(":"u8);
            Text(value);
            separator = ","u8;
        }

        Raw("}"u8);
    }

    public static string Cut(string value)
    {
        if (value.Length <= MaxString)
        {
            return value;
        }

        var end = MaxString - CutMark.Length;
        return string.Concat(value.AsSpan(0, char.IsHighSurrogate(value[end - 1]) ? end - 1 : end), CutMark);
    }

    private void Name(ReadOnlySpan<byte> name)
    {
        Raw(_hasMember ? ",\""u8 : "\""u8);
        Raw(name);
        Raw("\":"u8);
        _hasMember = true;
    }

    private void Text(string value)
    {
        Raw("\""u8);
        // Runes replace lone surrogates by U+FFFD: what is written is always valid UTF-8.
        foreach (var rune in Cut(value).EnumerateRunes())
        {
            Character(rune);
        }

        Raw("\""u8);
    }

    private void Character(Rune rune)
    {
        switch (rune.Value)
        {
            case '"':
                Raw("\\\""u8);
                break;
            case '\\':
                Raw("\\\\"u8);
                break;
            case '\n':
                Raw("\\n"u8);
                break;
            case '\r':
                Raw("\\r"u8);
                break;
            case '\t':
                Raw("\\t"u8);
                break;
            case '\b':
                Raw("\\b"u8);
                break;
            case '\f':
                Raw("\\f"u8);
                break;
            default:
                if (IsUnseen(rune))
                {
                    Escaped(rune);
                }
                else
                {
                    output.Advance(rune.EncodeToUtf8(output.GetSpan(4)));
                }

                break;
        }
    }

    // Control and format characters could make a line look different on a terminal from what it says.
    private static bool IsUnseen(Rune rune) =>
        rune.Value >= ' ' && rune.Value < 0x7f
            ? false
            : Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private void Escaped(Rune rune)
    {
        Span<char> units = stackalloc char[2];
        foreach (var unit in units[..rune.EncodeToUtf16(units)])
        {
            Utf8.TryWrite(output.GetSpan(6), CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}", out var written);
            output.Advance(written);
        }
    }

    private void Raw(ReadOnlySpan<byte> bytes) => output.Write(bytes);
}
