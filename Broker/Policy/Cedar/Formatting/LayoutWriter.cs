using System.Text;

namespace SecretsBroker.Policy.Cedar.Formatting;

/// <summary>Chooses the line breaks of a layout: a group that fits is written on one line.</summary>
internal sealed class LayoutWriter
{
    private const int MaxWidth = 80;
    private const int IndentWidth = 2;

    private readonly StringBuilder _text = new();
    private readonly Stack<Pending> _pending = new();
    private int _column;
    private int _indent;
    private bool _startsLine = true;

    private LayoutWriter()
    {
    }

    public static string Write(IReadOnlyList<Layout> parts)
    {
        var writer = new LayoutWriter();
        writer.Push(parts, indent: 0, isFlat: false);
        while (writer._pending.TryPop(out var next))
            writer.Write(next);
        writer.EndLine(0);
        return writer._text.ToString();
    }

    private void Push(IReadOnlyList<Layout> parts, int indent, bool isFlat)
    {
        for (var i = parts.Count - 1; i >= 0; i--)
            _pending.Push(new Pending(parts[i], indent, isFlat));
    }

    private void Write(Pending next)
    {
        switch (next.Part)
        {
            case Layout.Text part:
                Append(part.Value);
                break;
            case Layout.Blank:
            case Layout.Break { IsSpace: true } when next.IsFlat:
                AppendSpace();
                break;
            case Layout.Break when !next.IsFlat:
                EndLine(next.Indent);
                break;
            case Layout.Forced part:
                EndLine(next.Indent);
                if (part.IsBlank && _text.Length > 0 && !EndsWithBlankLine())
                    _text.Append('\n');
                break;
            case Layout.Remark part:
                Append(part, next.Indent);
                break;
            case Layout.Indent part:
                Push(part.Parts, next.Indent + IndentWidth, next.IsFlat);
                break;
            case Layout.Group part:
                Push(part.Parts, next.Indent, next.IsFlat || (!part.MustBreak && Fits(part, next.Indent)));
                break;
        }
    }

    private void Append(string value)
    {
        if (_startsLine)
        {
            _text.Append(' ', _indent);
            _column = _indent;
            _startsLine = false;
        }

        _text.Append(value);
        _column += value.Length;
    }

    private void Append(Layout.Remark remark, int indent)
    {
        if (remark.IsBehind)
            AppendSpace();
        else
            EndLine(indent);
        Append(remark.Value);
        EndLine(indent);
    }

    private void AppendSpace()
    {
        if (_startsLine)
            return;
        _text.Append(' ');
        _column++;
    }

    private void EndLine(int indent)
    {
        if (!_startsLine)
            _text.Append('\n');
        (_startsLine, _indent) = (true, indent);
    }

    private bool EndsWithBlankLine() => _text.Length > 1 && _text[^1] == '\n' && _text[^2] == '\n';

    /// <summary>Whether the group, and what follows up to the next place for a break, fits into what is left of the line.</summary>
    private bool Fits(Layout.Group group, int indent)
    {
        var left = MaxWidth - (_startsLine ? _indent : _column);
        var ahead = new Stack<Pending>();
        ahead.Push(new Pending(group, indent, IsFlat: true));
        using var behind = _pending.GetEnumerator();
        var isBegun = false;
        while (left >= 0)
        {
            if (!ahead.TryPop(out var next))
            {
                if (!behind.MoveNext())
                    return true;
                next = behind.Current;
            }

            switch (next.Part)
            {
                case Layout.Text part:
                    left -= part.Value.Length;
                    isBegun = true;
                    break;
                case Layout.Blank:
                case Layout.Break { IsSpace: true } when next.IsFlat:
                    left--;
                    break;
                case Layout.Remark when !isBegun:
                    left = MaxWidth - indent;
                    break;
                case Layout.Break when !next.IsFlat:
                case Layout.Forced or Layout.Remark:
                    return true;
                case Layout.Indent part:
                    PushAhead(ahead, part.Parts, next);
                    break;
                case Layout.Group part:
                    PushAhead(ahead, part.Parts, next);
                    break;
            }
        }

        return false;
    }

    private static void PushAhead(Stack<Pending> ahead, IReadOnlyList<Layout> parts, Pending parent)
    {
        for (var i = parts.Count - 1; i >= 0; i--)
            ahead.Push(parent with { Part = parts[i] });
    }

    private readonly record struct Pending(Layout Part, int Indent, bool IsFlat);
}
