using System.Text.RegularExpressions;

namespace SecretsBroker.Tests.Documentation;

/// <summary>What a page of Markdown can be linked to by.</summary>
internal static partial class Headings
{
    /// <summary>The headings' anchors, as GitHub makes them. What stands in a fenced block is no heading.</summary>
    public static IEnumerable<string> AnchorsOf(IEnumerable<string> lines)
    {
        string? fence = null;
        foreach (var line in lines)
        {
            var mark = Fence().Match(line);
            if (fence is not null)
            {
                fence = mark.Groups["info"].Length == 0 && mark.Groups["mark"].Value.StartsWith(fence, StringComparison.Ordinal) ? null : fence;
            }
            else if (mark.Success)
            {
                fence = mark.Groups["mark"].Value;
            }
            else if (Heading().Match(line) is { Success: true } heading)
            {
                yield return NotInAnchors().Replace(heading.Groups["text"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-');
            }
        }
    }

    // In a list it stands further to the right.
    [GeneratedRegex("^ *(?<mark>```+|~~~+)(?<info>[^`]*?)\\s*$")]
    private static partial Regex Fence();

    [GeneratedRegex("^#{1,6} (?<text>.*)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotInAnchors();
}
