namespace SecretsBroker.Policy.Cedar.Formatting;

/// <summary>A text whose line breaks are still to be chosen.</summary>
internal abstract record Layout
{
    public static readonly Layout Space = new Blank();

    public static readonly Layout Line = new Break(IsSpace: true);

    public static readonly Layout SoftLine = new Break(IsSpace: false);

    public static readonly Layout NewLine = new Forced(IsBlank: false);

    public static readonly Layout BlankLine = new Forced(IsBlank: true);

    public sealed record Text(string Value) : Layout;

    /// <summary>A space; nothing at the start of a line.</summary>
    public sealed record Blank : Layout;

    /// <summary>A place where its group may be broken: else a space, or nothing.</summary>
    public sealed record Break(bool IsSpace) : Layout;

    /// <summary>The end of a line, and an empty line after it.</summary>
    public sealed record Forced(bool IsBlank) : Layout;

    /// <summary>A comment: nothing can follow on its line.</summary>
    /// <param name="Value">Its text.</param>
    /// <param name="IsBehind">Whether it goes on the line of what stands before it.</param>
    public sealed record Remark(string Value, bool IsBehind) : Layout;

    /// <summary>Lines that begin within are moved to the right.</summary>
    public sealed record Indent(IReadOnlyList<Layout> Parts) : Layout;

    /// <summary>Stands on one line when it fits and no comment lies within it; else every break that is directly its own is taken.</summary>
    public sealed record Group : Layout
    {
        public Group(IReadOnlyList<Layout> parts)
        {
            Parts = parts;
            MustBreak = HasInnerRemark(parts);
        }

        public IReadOnlyList<Layout> Parts { get; }

        public bool MustBreak { get; }
    }

    // A comment before the first or behind the last word of a group does not stand in it.
    private static bool HasInnerRemark(IReadOnlyList<Layout> parts)
    {
        var (word, remark) = (false, false);
        return FindsWordBehindRemark(parts, ref word, ref remark);
    }

    private static bool FindsWordBehindRemark(IReadOnlyList<Layout> parts, ref bool word, ref bool remark)
    {
        foreach (var part in parts)
        {
            switch (part)
            {
                case Text when remark:
                    return true;
                case Text:
                    word = true;
                    break;
                case Remark:
                    remark |= word;
                    break;
                case Group { MustBreak: true }:
                    return true;
                case Group group when FindsWordBehindRemark(group.Parts, ref word, ref remark):
                case Indent indent when FindsWordBehindRemark(indent.Parts, ref word, ref remark):
                    return true;
            }
        }

        return false;
    }
}
