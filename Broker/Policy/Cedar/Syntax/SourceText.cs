using System.Text;

namespace SecretsBroker.Policy.Cedar.Syntax;

/// <summary>A named text in which offsets can be turned into lines and columns.</summary>
internal sealed class SourceText(string fileName, string text)
{
    private int[]? _lineStarts;

    public string FileName { get; } = fileName;

    public string Text { get; } = text;

    public CedarPosition PositionOf(int offset)
    {
        _lineStarts ??= FindLineStarts(Text);
        var line = Array.BinarySearch(_lineStarts, offset);
        line = line < 0 ? ~line - 1 : line;
        return new CedarPosition(FileName, line + 1, offset - _lineStarts[line] + 1);
    }

    /// <summary>The offset in the UTF-8 form of the text.</summary>
    public int ByteOffset(int offset) => Encoding.UTF8.GetByteCount(Text.AsSpan(0, offset));

    public CedarError ErrorAt(int offset, string message, string? expected = null)
    {
        var position = PositionOf(offset);
        return new CedarError(position.File, position.Line, position.Column, message, expected);
    }

    private static int[] FindLineStarts(string text)
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n')
                starts.Add(i + 1);
        }

        return [.. starts];
    }
}
