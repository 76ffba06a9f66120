using System.Text.Json;

namespace SecretsBroker.Policy.Opa;

/// <summary>Text in a policy server's answer: bounded, and without what would not stand in one line of a log.</summary>
internal static class OpaTexts
{
    private const int MaxCount = 64;

    /// <summary>A list, as Rego's sets and arrays become.</summary>
    /// <param name="list">The member's value.</param>
    /// <param name="member">Its name, for what is told of it.</param>
    /// <param name="maxLength">Of each text; the least is 1.</param>
    /// <exception cref="OpaException">It is none.</exception>
    public static IReadOnlyList<string> ReadList(JsonElement list, string member, int maxLength) =>
        list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= MaxCount
            ? [.. list.EnumerateArray().Select(item => Read(item, member, maxLength))]
            : throw new OpaException($"the policy server's answer has under {member} no list of {MaxCount} at most");

    /// <exception cref="OpaException">It is no text of that length.</exception>
    public static string Read(JsonElement value, string member, int maxLength)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw new OpaException($"the policy server's answer has under {member} what is no text");
        }

        var text = value.GetString()!;
        return text.Length > 0 && text.Length <= maxLength && text.Trim() == text && !text.Any(char.IsControl)
            ? text
            : throw new OpaException($"the policy server's answer has under {member} a text that is empty, too long or not plain");
    }
}
